"""Watching the folder: a change is told once it has come to rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.admin.operations import poll_folder
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.chat import hall

STEP = 0.02  # seconds
NEW = "苏州河边建成了新的步道。"


async def test_a_folder_that_changed_and_kept_still_is_told_once(tmp_path: Path) -> None:
    articles, knocks = write_corpus(tmp_path / "articles"), list[int]()
    told = asyncio.Event()

    def fire() -> None:
        knocks.append(1)
        told.set()

    watching = asyncio.create_task(poll_folder(articles, STEP, fire))
    await asyncio.sleep(10 * STEP)
    assert knocks == []
    write_article(articles, "new.txt", "新来的一篇", "苏州河边建成了新的步道。")
    async with asyncio.timeout(30):
        await told.wait()
    await asyncio.sleep(10 * STEP)
    assert knocks == [1]
    watching.cancel()


async def test_a_folder_that_is_away_for_a_moment_is_no_change(tmp_path: Path) -> None:
    articles, knocks = write_corpus(tmp_path / "articles"), list[int]()
    watching = asyncio.create_task(poll_folder(articles, STEP, lambda: knocks.append(1)))
    await asyncio.sleep(5 * STEP)
    articles.rename(tmp_path / "away")
    await asyncio.sleep(10 * STEP)
    (tmp_path / "away").rename(articles)
    await asyncio.sleep(10 * STEP)
    assert knocks == []
    watching.cancel()


async def test_what_changed_while_nobody_watched_comes_to_serve_by_itself(tmp_path: Path) -> None:
    async with hall(tmp_path):
        pass
    write_article(tmp_path / "articles", "new.txt", "新来的一篇", NEW)
    async with hall(tmp_path, watch=STEP) as room, asyncio.timeout(30):
        while NEW not in room.texts():
            await asyncio.sleep(STEP)


async def test_a_rollback_lasts_until_the_folder_changes(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_article(room.articles, "new.txt", "新来的一篇", NEW)
        await room.say("/reload")
        await room.say("/rollback")
    async with hall(tmp_path, watch=STEP) as room:
        await asyncio.sleep(10 * STEP)
        assert room.builder.built == 0 and NEW not in room.texts()
