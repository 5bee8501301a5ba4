"""What there is to say, without the words: `phrases.tsv` has them, a row for each, in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass

from bot.texts.operating import CommandLinePhrases, ConsolePhrases, DoctorPhrases, OperatingPhrases


@dataclass(frozen=True, slots=True)
class AdminPhrases:
    """What admins are told; `denials`, `reports`, `acts`, `outcomes`, `reasons` are by what the code calls them."""

    language: str
    denials: dict[str, str]
    not_here: str
    not_yours: str
    closed: str
    by_itself: str
    totals: str
    skipped: str
    skipped_line: str
    rebuilding: str
    first_stage: str
    share: str
    seconds_left: str
    reports: dict[str, str]
    now_holds: str
    note: str
    whole_rebuild: str
    doubts: str
    lost: str
    would_lose: str
    skipped_files: str
    more_files: str
    beside: str
    no_difference: str
    difference: str
    tally: str
    preview: str
    stored_as: str
    stored_over: str
    preview_title: str
    preview_line: str
    preview_skipped: str
    reload_usage: str
    confirm_gone: str
    confirm_late: str
    confirm_used: str
    declined: str
    replacing: str
    rollback_usage: str
    anyway: str
    not_anyway: str
    changed_since: str
    and_others: str
    no_versions: str
    too_big: str
    try_later: str
    looking: str
    upload_how: str
    upload_gone: str
    upload_decided: str
    reload_runs: str
    publishing: str
    not_taken: str
    too_costly: str
    unfetched: str
    no_facts: str
    publish: str
    discard: str
    discarded: str
    published: str
    replicas_all_serve: str
    replicas_line: str
    replicas_behind: str
    replicas_trouble: str
    taken_back: str
    put_back: str
    upload_failed: str
    meta_usage: str
    meta_written: str
    grant_usage: str
    granted: str
    revoke_usage: str
    revoked: str
    was_none: str
    audit_whole: str
    audit_broken: str
    editors: str
    editor: str
    no_editors: str
    question_gone: str
    question_gone_pin: str
    alias_how: str
    pinned: str
    undo: str
    undone: str
    undone_already: str
    alias_refused: str
    alias_known: str
    alias_taken: str
    alias_gone: str
    no_alias: str
    aliases: str
    alias_usage: str
    no_aliases: str
    unanswered: str
    no_unanswered: str
    to_alias: str
    to_pin: str
    to_ignore: str
    to_await: str
    put_back_question: str
    undo_pin: str
    awaited: str
    unanswered_all: str
    put_aside: str
    nothing_aside: str
    no_such_fact: str
    nothing_near: str
    which_answers: str
    question_line: str
    waiting_chats: str
    will_be_told: str
    nobody_waits: str
    last_days: str
    no_usage: str
    usage: str
    usage_unanswered: str
    usage_words: str
    usage_word: str
    none: str
    slowest: str
    slow_query: str
    daily: str
    day: str
    meaning: str
    no_model: str
    aliases_full: str
    two_names: str
    no_such_article: str
    files_gone: str
    no_articles_in_backup: str
    put_back_articles: str
    put_back_over: str
    put_back_aside: str
    chart_daily: str
    chart_words: str
    chart_found: str
    chart_missed: str
    acts: dict[str, str]
    outcomes: dict[str, str]
    reasons: dict[str, str]


@dataclass(frozen=True, slots=True)
class FeedbackPhrases:
    """What is said about questions to come back to, watches, and being forgotten."""

    tell_me: str
    will_tell: str
    ask_again: str
    alerts_full: str
    told: str
    news: str
    news_more: str
    watch_how: str
    watching: str
    watched_already: str
    watch_full: str
    watch_nothing: str
    watches: str
    no_watches: str
    unwatch: str
    unwatched: str
    not_watched: str
    admins_only: str
    forgotten: str
    forget_in_private: str
    not_now: str


@dataclass(frozen=True, slots=True)
class SitePhrases:
    """What the page says beside answers; `wrong` is by HTTP status."""

    name: str
    skip: str
    promise: str
    talk: str
    question: str
    placeholder: str
    ask: str
    you_asked: str
    no_words: str
    how_to_ask: tuple[str, ...]
    articles: str
    all_articles: str
    folded: str
    file_lines: str
    back: str
    back_to_answer: str
    no_article: str
    no_question: str
    asked_twice: str
    longest_question: str
    wrong_limit: str
    wrong_page: str
    wrong_order: str
    wrong_year: str
    wrong: dict[str, str]
    # the conversation
    new_talk: str
    forget: str
    copy: str
    copied: str
    useful: str
    useless: str
    thanks: str
    vote_from_elsewhere: str
    asking: str
    # the list of articles
    counted: str
    filtered: str
    none_fit: str
    words: str
    year: str
    newspaper: str
    library: str
    every: str
    order: str
    by_date: str
    by_title: str
    show: str
    facts: str
    next_page: str
    previous_page: str
    # the article
    read: str
    raw: str
    clipping: str
    clipping_of: str
    no_clipping: str
    clipping_busy: str
    quoted: str
    hit_of: str
    next_hit: str
    previous_hit: str
    link_here: str
    keywords: str
    sharing: str
    # languages and scripts
    menu: str
    language: str
    script: str
    scripts: dict[str, str]
    converted: str


@dataclass(frozen=True, slots=True)
class TalkPhrases:
    """What is said of follow-ups, libraries, clippings and what helps where nothing is found."""

    understood: str
    library: str
    missing: str
    rest: str
    rest_in: str
    near_articles: str
    new: str
    libraries: str
    no_libraries: str
    every_library: str
    no_library: str
    library_chosen: str
    compare_how: str
    nothing_more: str
    clipping: str
    no_clipping: str
    sort_by_title: str
    sort_by_date: str
    previous_page: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's texts; `{}` marks where a word, number or name goes in."""

    language: str
    feedback: FeedbackPhrases
    admin: AdminPhrases
    site: SitePhrases
    talk: TalkPhrases
    console: ConsolePhrases
    command_line: CommandLinePhrases
    operating: OperatingPhrases
    doctor: DoctorPhrases
    start: str
    help: str
    about: str
    you_are: str
    nothing_found: str
    nothing_asked: str
    nearest: str
    close: str
    close_in_group: str
    show_close: str
    close_mark: str
    told_elsewhere: str
    may_concern: str
    related: str
    near_spelling: str
    did_you_mean: str
    several_reports: str
    differing_reports: str
    undated: str
    day: str
    edition: str
    author: str
    authors: str
    origin: str
    cite: str
    also: str
    line: str
    line_run: str
    page: str
    cell: str
    recognised: str
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
    pinned: str
    unknown_command: str
    nearest_command: str
    no_files: str
    no_files_here: str
    encrypted_room: str
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
    commands_here: str
    commands: dict[str, str]
