"""What whoever runs the bot reads: the command line, its commands, how a start or build goes, and the doctor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandLinePhrases:
    """What the command line says of itself."""

    description: str
    usage: str
    commands: str
    command: str
    arguments: str
    options: str
    see_help: str
    show_help: str
    show_version: str
    exit_codes: str
    run: str
    ask: str
    ask_words: str
    ask_json: str
    ask_limit: str
    word: str
    facts: str
    facts_json: str
    check: str
    check_files: str
    check_full: str
    articles: str
    articles_json: str
    unanswered: str
    unanswered_limit: str
    unanswered_json: str
    alias: str
    alias_names: str
    alias_remove: str
    name: str
    check_json: str
    file: str
    reload: str
    reload_dry: str
    reload_confirm: str
    reload_json: str
    code: str
    backup: str
    backup_file: str
    restore: str
    restore_file: str
    doctor: str
    by_setting: str
    wrong_limit: str
    missing: str
    unknown: str
    needs_value: str
    no_value: str
    not_among: str
    ambiguous: str
    of_argument: str
    wrong_use: str


@dataclass(frozen=True, slots=True)
class ConsolePhrases:
    """What commands in the terminal say beside answers."""

    language: str
    embedding: str
    embedded: str
    skipped: str
    unreadable: str
    check_file: str
    check_joined: str
    check_lines: str
    check_sum: str
    check_more: str
    question: str
    teach: str
    differs_from_served: str
    no_such_article: str
    confirm_reload: str
    backed_up: str
    no_such_file: str
    starting: str
    admin_unreachable: str
    admin_refuses: str
    admin_unclear: str
    no_admin_key: str
    restored: str
    at_line: str


@dataclass(frozen=True, slots=True)
class OperatingPhrases:
    """The texts of one language; `stages` are by what the code calls them."""

    sorting: str
    sorting_begins: str
    sorting_ends: str
    starting_page: str
    starting_soon: str
    starting_chat: str
    opened: str
    platform_on: str
    platform_off: str
    listening: str
    built_first: str
    stopped_early: str
    only_answers: str
    admin_commands: str
    embedding_stopped: str
    embedding: str
    embedding_waits: str
    embedded: str
    embedding_skipped: str
    embedding_died: str
    in_chinese: str


@dataclass(frozen=True, slots=True)
class DoctorPhrases:
    """What `chuchu doctor` says; a finding is one line that says what is wrong and what to do.

    `words` are what a gap of a finding may be filled with.
    """

    nothing_on: str
    findings: dict[str, str]
    words: dict[str, str]
