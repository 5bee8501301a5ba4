"""The way of a message in ARCHITECTURE.md is the way that a message takes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bot.config import Settings
from bot.handlers.dispatcher import Dispatcher
from bot.offline import open_snapshot
from bot.ports import InMemorySessions
from bot.query_service import open_query_service
from knowledge.snapshot import SnapshotHolder
from tests.architecture import ARCHITECTURE, ROOT, way
from tests.bot.telegram.service import polling
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.knowledge.snapshots.corpus import write_corpus

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
        talk = Dispatcher(queries, InMemorySessions(), lambda: datetime.now(UTC))
        async with bot_api() as api, polling(api, tmp_path, talk):
            await api.until(lambda: api.made("setMyCommands"))
            with entered(drawn[0]) as order:  # before that a start ends what it had to do
                api.push(message=message(word, private(7)))
                await api.until(lambda: api.said(7))
    assert [name for name in order if name in drawn] == drawn
