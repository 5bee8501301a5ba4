"""The console: `chuchu ask`, `facts`, `check`, `reload`, `backup`, `restore`, `run`."""

from __future__ import annotations

import argparse
import os
import sys

from bot.errors import WRONG_SETTINGS, SettingsError, StartError
from bot.memory import loading
from bot.state.errors import StateError
from knowledge.errors import FolderInUse, KnowledgeError

WRONG_USE = 2
IN_USE = 75  # EX_TEMPFAIL of sysexits.h


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    arguments = parser().parse_args(argv)
    try:
        return _command(arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return WRONG_SETTINGS
    except FolderInUse as error:
        print(error, file=sys.stderr)
        return IN_USE
    except (StartError, KnowledgeError, StateError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    chuchu = argparse.ArgumentParser(prog="chuchu", description="出处：只用报纸原话回答，并说明出处。")
    commands = chuchu.add_subparsers(dest="command", metavar="命令")
    commands.add_parser("run", help="打开网页和其他已设置的入口（不写命令也是它）")
    ask = commands.add_parser("ask", help="在终端里提问；单写一个 - 则从标准输入逐行读问题")
    ask.add_argument("words", nargs="+", metavar="词", help="各词用空格连成一个问题；以 - 开头的词前先写 --")
    ask.add_argument("--json", action="store_true", help="每个问题输出一行 JSON")
    ask.add_argument("--limit", type=_positive, default=10, metavar="N", help="最多几条（默认 10）")
    facts = commands.add_parser("facts", help="列出所有的句子及其出处")
    facts.add_argument("--json", action="store_true", help="每句一行 JSON")
    check = commands.add_parser("check", help="列出修复、去掉、存疑和读不了的地方")
    check.add_argument("files", nargs="*", metavar="文件", help="只看这些文件")
    check.add_argument("--json", action="store_true", help="每处一行 JSON")
    reload = commands.add_parser("reload", help="让运行中的出处换上文件夹现在的内容；没有运行则直接重建")
    reload.add_argument("--dry-run", action="store_true", help="只试算有什么不同，不更换")
    reload.add_argument("--confirm", metavar="码", help="上次重载要求确认时给出的码")
    reload.add_argument("--json", action="store_true", help="输出一行 JSON")
    backup = commands.add_parser("backup", help="把状态、正在使用的知识和密钥写进一个文件；运行时也可以")
    backup.add_argument("file", metavar="文件", help="还不存在的文件名")
    restore = commands.add_parser("restore", help="从备份文件恢复；运行时也可以")
    restore.add_argument("file", metavar="文件", help="backup 写的文件")
    return chuchu


def _command(arguments: argparse.Namespace) -> int:
    # Imported here, so that each command loads only what it needs.
    with loading():
        from bot.config import load_settings

        settings = load_settings()
    match arguments.command:
        case "ask":
            with loading():
                from bot.terminal.ask import ask

            return ask(settings, arguments.words, arguments.limit, arguments.json)
        case "facts":
            from bot.terminal.inspect import facts

            return facts(settings, arguments.json)
        case "check":
            from bot.terminal.inspect import check

            return check(settings, arguments.files, arguments.json)
        case "reload":
            from bot.terminal.reload import reload

            return reload(settings, arguments.dry_run, arguments.confirm, arguments.json)
        case "backup":
            from bot.terminal.backup import backup

            return backup(settings, arguments.file)
        case "restore":
            from bot.terminal.backup import restore

            return restore(settings, arguments.file)
        case _:
            with loading():
                from bot.app import run

            return run(settings)


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError("要写 1 到 1000 的整数")
    return number
