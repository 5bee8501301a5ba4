"""The documents tell the truth."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bot.cli import parser
from bot.config import Settings, setting_names
from bot.handlers.dispatcher import Dispatcher
from bot.platforms import PLATFORMS
from bot.ports import Interactions
from bot.query_service import open_query_service
from bot.terminal.console import open_snapshot
from knowledge.snapshot import SnapshotHolder
from tests import architecture as tables
from tests.architecture import ARCHITECTURE, ROOT, way
from tests.bot.telegram.service import endings, polling
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import write_corpus
from tests.readme import README, SCREEN, redrawn


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_readme_names_every_setting_in_its_table_and_no_other() -> None:
    named = re.findall(r"^\| `(CHUCHU_\w+)` \|", text("README.md"), re.M)
    assert sorted(named) == sorted(setting_names(PLATFORMS))


def test_readme_tells_the_real_defaults() -> None:
    defaults = {
        f"CHUCHU_{name.upper()}": str(Settings.model_fields[name].default) for name in ("articles", "data")
    }
    defaults |= {"CHUCHU_HTTP": "127.0.0.1:8080", "CHUCHU_ADMIN_HTTP": "127.0.0.1:8081"}
    told = dict(re.findall(r"^\| `(CHUCHU_\w+)` \|.*\| `([^`]+)` \|$", text("README.md"), re.M))
    assert {name: told[name] for name in defaults} == defaults


def test_readme_tells_of_every_command_and_names_no_other() -> None:
    (commands,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert set(commands.choices) <= set(re.findall(r"^\| `chuchu ([a-z]+)", text("README.md"), re.M))
    assert set(re.findall(r"`(?:\.venv/bin/)?chuchu ([a-z]+)", text("README.md"))) <= set(commands.choices)


def test_every_make_target_that_readme_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)", text("README.md"))) <= targets


def test_the_screens_in_readme_are_what_the_bot_says_today() -> None:
    told = README.read_text(encoding="utf-8")
    assert len(SCREEN.findall(told)) == 3
    assert told == redrawn(told), "python -m tests.readme redraws them"


def test_architecture_names_only_files_and_folders_that_exist() -> None:
    named = set(re.findall(r"`((?:bot|knowledge|tests|docs|seeds)/[\w./-]*)`", text("ARCHITECTURE.md")))
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_tables_of_architecture_say_what_the_modules_say_of_themselves() -> None:
    told = text("ARCHITECTURE.md")
    assert told == tables.redrawn(told), "python -m tests.architecture redraws them"


def test_the_image_copies_only_what_is_there_and_what_the_context_lets_through() -> None:
    lines = re.findall(r"^COPY (?!--from)(.+)$", text("Dockerfile"), re.M)
    copied = [source for line in lines for source in line.split()[:-1]]
    allowed = set(re.findall(r"^!(\S+)$", text(".dockerignore"), re.M))
    assert [source for source in copied if not (ROOT / source).exists() or source not in allowed] == []


def test_the_image_runs_as_a_number_and_starts_what_is_there() -> None:
    stages = text("Dockerfile").split("\nFROM ")
    made, served = "\n".join(stages[:-1]), stages[-1]
    bases = set(re.findall(r"\b(python:\S+)", text("Dockerfile")))
    assert len(bases) == 1, "what is installed in one stage runs in the other"
    assert set(re.findall(r"lib/(python3\.\d+)/", made)) <= {bases.pop().partition("-")[0].replace(":", "")}
    assert re.search(r"^USER \d+:\d+$", served, re.M)
    assert not re.search(r"\b(pip|apt-get|gcc)\b", served), "no build tools"
    settings = set(re.findall(r"\b(CHUCHU_[A-Z_]+)=", served))
    assert settings <= set(setting_names(PLATFORMS))
    (command,) = re.findall(r"^CMD (\[.+\])$", served, re.M)
    parser().parse_args(json.loads(command)[1:])
    ((program, flag, module),) = map(json.loads, re.findall(r"HEALTHCHECK .* CMD (\[.+\])$", served, re.M))
    assert (program, flag) == ("python", "-m")
    assert importlib.util.find_spec(module)
    written = set(re.findall(r"^VOLUME (\S+)$", served, re.M))
    assert {value for name, value in re.findall(r"\b(HOME|TMPDIR|CHUCHU_DATA)=(\S+)", served)} == written


def test_no_tracked_file_names_a_machine_of_ours() -> None:
    command = ["git", "grep", "-lE", r"/work/|/root/", "--", ".", ":!tests/test_docs.py"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout == b""


def test_every_module_that_a_document_names_is_there() -> None:
    cards = (ROOT / "knowledge" / "models").rglob("*.md")
    pages = [ROOT / "README.md", ARCHITECTURE, *(ROOT / "docs").glob("*.md"), *cards]
    rooms = [(ROOT / top).rglob("*.py") for top in ("bot", "knowledge", "tests")]
    files = {path.name for room in (ROOT.glob("*.py"), *rooms) for path in room}
    named = {name for page in pages for name in re.findall(r"`(?:\w+/)*(\w+\.py)`", page.read_text("utf-8"))}
    assert {"tracks.py", "ask.py"} & named
    assert named - files == set()


def test_the_pictures_in_readme_are_there_and_small() -> None:
    shown = re.findall(r"!\[[^\]]*\]\((docs/[^)]+\.png)\)", text("README.md"))
    assert len(shown) == 2
    assert all((ROOT / path).stat().st_size < 150_000 for path in shown)


OURS = tuple(f"{ROOT / top}/" for top in ("bot", "knowledge"))


@contextmanager
def entered(first: str) -> Iterator[list[str]]:
    """The files of ours in the order in which a function of each was called, from `first` on, in whatever thread."""
    files: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(OURS) and (files or name.endswith(first)):
            files.setdefault(name, None)

    order: list[str] = []
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield order
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        order += [Path(name).relative_to(ROOT).as_posix() for name in files]


async def test_a_message_takes_the_way_that_the_map_draws(tmp_path: Path) -> None:
    drawn = way(ARCHITECTURE.read_text(encoding="utf-8"))
    articles = write_corpus(tmp_path / "articles")
    settings = Settings(articles=articles, data=tmp_path / "var", _env_file=None)  # type: ignore[call-arg]
    with open_snapshot(settings) as snapshot, open_query_service(SnapshotHolder(snapshot), 60) as queries:
        word = next(snapshot.facts()).text[:4]
        talk = Dispatcher(queries, Interactions())
        async with bot_api() as api, polling(api, tmp_path, talk):
            api.push(message=message("/start", private(8)))
            await api.until(lambda: api.said(8))  # all that a start makes, and no thread of lookups
            await api.until(lambda: all(endings(tmp_path).values()))
            await asyncio.sleep(0.1)  # who stored the end hears of it
            with entered(drawn[0]) as order:
                api.push(message=message(word, private(7)))
                await api.until(lambda: api.said(7))
    assert [name for name in order if name in drawn] == drawn
