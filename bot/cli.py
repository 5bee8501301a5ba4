"""The console: every command of `chuchu`, and how it ends."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from bot.errors import WRONG_SETTINGS, SettingsError, StartError, StateError
from bot.runtime import loading, multiply_on_one_thread
from bot.texts import phrases, reworded
from bot.texts.operating import CommandLinePhrases
from knowledge.errors import FolderInUse, KnowledgeError, MissingFolder

if TYPE_CHECKING:
    from bot.config import Settings

WRONG_USE = 2
IN_USE = 75  # EX_TEMPFAIL of sysexits.h
BROKEN_OFF = 130  # 128 + SIGINT, as shells have it
TERMINATED = 143  # 128 + SIGTERM


class _Terminated(KeyboardInterrupt):
    """SIGTERM: whatever is half done is cleared away on the way out, as after Ctrl-C."""


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    multiply_on_one_thread()
    # Imported here, so that each command loads only what it needs.
    with loading():
        from bot.config import interface_language, load_settings
        from bot.platforms import PLATFORMS
    language = phrases(interface_language()).language
    said = phrases(language).command_line
    arguments = parser(said).parse_args(argv)
    signal.signal(signal.SIGTERM, _terminate)
    if arguments.version:
        from importlib.metadata import version

        print(f"chuchu {version('chuchu')}")
        return 0
    try:
        return _command(arguments, load_settings(PLATFORMS))
    except SettingsError as error:
        print(reworded(error, language), file=sys.stderr)
        return WRONG_SETTINGS
    except FolderInUse as error:
        print(said.by_setting.format(reworded(error, language), "CHUCHU_DATA"), file=sys.stderr)
        return IN_USE
    except MissingFolder as error:
        print(said.by_setting.format(reworded(error, language), "CHUCHU_ARTICLES"), file=sys.stderr)
        return 1
    except (StartError, KnowledgeError, StateError) as error:
        print(reworded(error, language), file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except _Terminated:
        return TERMINATED
    except KeyboardInterrupt:
        return BROKEN_OFF


def parser(said: CommandLinePhrases | None = None) -> argparse.ArgumentParser:
    """Every command and its options."""
    said = said or phrases(None).command_line
    chuchu = _Parser(said, prog="chuchu", description=said.description, epilog=said.exit_codes)
    chuchu.options.add_argument("--version", action="store_true", help=said.show_version)
    commands = chuchu.add_subparsers(dest="command", metavar=said.command, title=said.commands)

    def command(name: str, does: str) -> _Parser:
        return commands.add_parser(name, said=said, help=does, description=does)

    command("run", said.run)
    ask = command("ask", said.ask)
    ask.positionals.add_argument("words", nargs="+", metavar=said.word, help=said.ask_words)
    ask.options.add_argument("--json", action="store_true", help=said.ask_json)
    ask.options.add_argument("--limit", type=_limit(said), default=10, metavar="N", help=said.ask_limit)
    facts = command("facts", said.facts)
    facts.options.add_argument("--json", action="store_true", help=said.facts_json)
    check = command("check", said.check)
    check.positionals.add_argument("files", nargs="*", metavar=said.file, help=said.check_files)
    check.options.add_argument("--full", action="store_true", help=said.check_full)
    check.options.add_argument("--json", action="store_true", help=said.check_json)
    articles = command("articles", said.articles)
    articles.options.add_argument("--json", action="store_true", help=said.articles_json)
    reload = command("reload", said.reload)
    reload.options.add_argument("--dry-run", action="store_true", help=said.reload_dry)
    reload.options.add_argument("--confirm", metavar=said.code, help=said.reload_confirm)
    reload.options.add_argument("--json", action="store_true", help=said.reload_json)
    unanswered = command("unanswered", said.unanswered)
    unanswered.options.add_argument(
        "--limit", type=_limit(said), default=50, metavar="N", help=said.unanswered_limit
    )
    unanswered.options.add_argument("--json", action="store_true", help=said.unanswered_json)
    alias = command("alias", said.alias)
    alias.positionals.add_argument("names", nargs="*", metavar=said.name, help=said.alias_names)
    alias.options.add_argument("--remove", type=_limit(said), metavar="N", help=said.alias_remove)
    command("backup", said.backup).positionals.add_argument("file", metavar=said.file, help=said.backup_file)
    command("restore", said.restore).positionals.add_argument(
        "file", metavar=said.file, help=said.restore_file
    )
    command("doctor", said.doctor)
    return chuchu


class _Parser(argparse.ArgumentParser):
    """argparse, whose own words are English, saying everything in the interface's language."""

    def __init__(self, said: CommandLinePhrases, **how: Any) -> None:
        super().__init__(add_help=False, formatter_class=_formatter(said), **how)
        self._said = said
        self.positionals = self.add_argument_group(said.arguments)
        self.options = self.add_argument_group(said.options)
        self.options.add_argument("-h", "--help", action="help", help=said.show_help)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to go on; exit with 2."""
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"chuchu: {_reworded(message, self._said)}\n{self._said.see_help}\n")


def _formatter(said: CommandLinePhrases) -> type[argparse.HelpFormatter]:
    class Formatter(argparse.HelpFormatter):
        def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
            super().add_usage(usage, actions, groups, said.usage if prefix is None else prefix)

    return Formatter


def _reworded(message: str, said: CommandLinePhrases) -> str:
    """argparse's complaint in other words; one that nobody foresaw says only what it is about."""
    about = re.match(r"argument (.+?): ", message)
    what = message[about.end() :] if about else message
    for pattern, words in (
        (r"the following arguments are required: (.+)", said.missing),
        (r"unrecognized arguments: (.+)", said.unknown),
        (r"expected (?:one|at least one) argument", said.needs_value),
        (r"ignored explicit argument .*", said.no_value),
        (r"invalid choice: '?(.*?)'? \(choose from (.+)\)", said.not_among),
        (r"ambiguous option: (.+) could match (.+)", said.ambiguous),
        (re.escape(said.wrong_limit), said.wrong_limit),
    ):
        if found := re.fullmatch(pattern, what, re.DOTALL):
            told = words.format(*(group.replace("'", "") for group in found.groups()))
            break
    else:
        told = said.wrong_use
    return said.of_argument.format(about[1], told) if about else told


def _command(given: argparse.Namespace, settings: Settings) -> int:
    with loading():
        if given.command in (None, "run"):
            from bot.app import run
        elif given.command in ("ask", "facts", "check", "articles"):
            from bot.terminal import console
        else:
            from bot.terminal import operations
    match given.command:
        case "ask":
            return console.ask(settings, given.words, given.limit, given.json)
        case "facts":
            return console.facts(settings, given.json)
        case "check":
            return console.check(settings, given.files, given.json, given.full)
        case "articles":
            return console.articles(settings, given.json)
        case "unanswered":
            return operations.unanswered(settings, given.limit, given.json)
        case "alias":
            return operations.alias(settings, given.names, given.remove)
        case "reload":
            return operations.reload(settings, given.dry_run, given.confirm, given.json)
        case "backup":
            return operations.backup(settings, given.file)
        case "restore":
            return operations.restore(settings, given.file)
        case "doctor":
            return operations.doctor(settings)
    return run(settings)


def _limit(said: CommandLinePhrases) -> Callable[[str], int]:
    def positive(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else 0
        if not 0 < number <= 1000:
            raise argparse.ArgumentTypeError(said.wrong_limit)
        return number

    return positive
