"""What there is to say, without the words: every language fills each field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's texts; `{}` marks where a word, number or name goes in."""

    language: str
    start: str
    help: str
    about: str
    nothing_found: str
    nothing_asked: str
    nearest: str
    related: str
    near_spelling: str
    did_you_mean: str
    several_reports: str
    differing_reports: str
    cite: str
    line: str
    line_run: str
    page: str
    campaign: str
    context: str
    source: str
    more: str
    next_page: str
    first_page: str
    other_reports: str
    why: str
    liked: str
    disliked: str
    thanks: str
    welcome: str
    source_cut: str
    page_of: str
    no_other_reports: str
    no_more: str
    stale: str
    refreshed: str
    too_slow: str
    too_many: str
    failed: str
    rungs: dict[str, str]
    why_matched: str
    unknown_command: str
    no_files: str
    group_help: str
    fact_gone: str
    articles_of: str
    article_facts: str
    no_article: str
    only_admins_ask: str
    only_admins_set: str
    settings_here: str
    setting_language: str
    setting_facts: str
    setting_askers: str
    as_platform: str
    everyone: str
    admins_only: str
    by_default: str
    saved: str
    inline_how: str
    inline_how_more: str
    commands: dict[str, str]
