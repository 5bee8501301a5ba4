"""Reloading by chat, as an admin lives it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.admin.knowledge import BuildClient
from bot.admin.operations import poll_folder
from bot.messages import Chat, Reply
from bot.runtime import background
from knowledge.documents.folder import find_sources
from knowledge.errors import BuildFailed, NoArticles, NothingChanged
from knowledge.snapshots.build import build
from knowledge.snapshots.manifest import Totals, verify_files
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress
from knowledge.snapshots.sources import folder_fingerprint
from tests.contract.fake import FakePlatform
from tests.knowledge.snapshots.corpus import NEW, write_corpus, write_new
from tests.support.chat import DENIED, EDITOR, OWNER, REPORTED, SAID, STRANGER, Hall, hall
from tests.support.process import alive
from tests.support.server import until


@asynccontextmanager
async def asked_for_confirmation(folder: Path) -> AsyncIterator[Hall]:
    """A reload that would take away more than half, and waits for a button."""
    async with hall(folder) as room:
        await room.say("/grant 8")
        for n in range(3):
            (room.articles / f"{n:03d}.txt").unlink()
        assert "少了一半以上" in await room.say("/reload")
        assert len(room.texts()) == 12
        yield room


async def test_what_a_reload_would_bring_and_brought_is_told_in_one_message_and_served(room: Hall) -> None:
    write_new(room.articles)
    (room.articles / "empty.txt").write_bytes(b"")
    (room.articles / "odd.exe").write_bytes(b"MZ")
    said = await room.say("/versions")
    assert "▶ 000001" in said and "4 篇文章，12 句" in said and "new.txt" in said
    said = await room.say("/reload dry")
    assert "没有更换" in said and "文章：增 1" in said
    assert (NEW in room.texts(), room.knowledge.versions.names()) == (False, ["000001"])
    before = len(room.phone.sent)
    room.builder.hold()
    await room.say("/reload")
    first, *_ = room.phone.sent[before:]
    assert first.text.startswith("正在重建") and first.edits is None
    room.builder.gate.set()
    await room.quiet()
    assert {reply.edits for reply in room.phone.sent[before + 1 :]} == {f"m{before + 1}"}
    said = room.phone.sent[-1].text
    assert REPORTED["published"].format(version="000002") in said and "新来的一篇" in said
    assert "文章：增 1，改 0，删 0" in said
    assert "跳过 2 个文件" in said and "empty.txt" in said and "odd.exe" in said
    assert NEW in room.texts()
    built = room.builder.built
    assert "没有变化" in await room.say("/reload")
    assert room.builder.built == built
    assert [(e.actor, e.act, e.outcome) for e in (await room.audit())[-2:]] == [
        (f"telegram:{OWNER}", "reload", "published"),
        (f"telegram:{OWNER}", "reload", "unchanged"),
    ]


async def test_more_than_half_gone_waits_for_that_admins_button(tmp_path: Path) -> None:
    async with asked_for_confirmation(tmp_path) as room:
        assert DENIED["nobody"] in await room.press(SAID.anyway, STRANGER)
        assert SAID.not_yours in await room.press(SAID.anyway, EDITOR)
        assert (await room.audit())[-1].outcome == "refused" and len(room.texts()) == 12
        assert REPORTED["published"].format(version="000002") in await room.press(SAID.anyway)
        assert len(room.texts()) == 3
        assert "已经用过" in await room.press(SAID.anyway)


async def test_a_confirmation_holds_for_the_folder_as_it_was_looked_at_until_it_is_declined_or_expires(
    tmp_path: Path,
) -> None:
    async with asked_for_confirmation(tmp_path) as room:
        assert SAID.declined in await room.press(SAID.not_anyway)
        await room.say("/reload")
        room.clock.forward(minutes=11)
        assert "过期" in await room.press(SAID.anyway)
        await room.say("/reload")
        (room.articles / "003.txt").unlink()
        assert "没有一句可用的话" in await room.press(SAID.anyway)
        assert len(room.texts()) == 12


async def test_a_folder_that_vanished_is_refused_by_name_and_the_old_version_serves(
    room: Hall, tmp_path: Path
) -> None:
    room.articles.rename(tmp_path / "elsewhere")
    said = await room.say("/reload")
    assert "没有成功" in said and str(room.articles) in said
    assert len(room.texts()) == 12


async def test_rollback_serves_the_one_before_and_is_kept_at_the_next_start(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_new(room.articles)
        await room.say("/reload")
        assert REPORTED["rolled_back"].format(version="000001") in await room.say("/rollback")
        assert NEW not in room.texts()
        assert "没有更早的版本" in await room.say("/rollback")
        assert "没有 000009" in await room.say("/rollback 9")
        assert "用法" in await room.say("/rollback ../../etc")
    async with hall(tmp_path) as room:
        assert room.knowledge.store.version == "000001"
        assert REPORTED["rolled_back"].format(version="000002") in await room.say("/rollback 2")
        assert NEW in room.texts()


async def test_quotes_that_people_were_shown_and_that_would_go_are_told(room: Hall) -> None:
    await room.say("第2号街坊在第1年完成了签约", STRANGER)
    (room.articles / "002.txt").unlink()
    said = await room.say("/reload dry")
    assert "有人看过的引文将有" in said and "第2号街坊" in said


async def test_the_owner_is_told_of_a_damaged_version_and_of_changed_files(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_new(room.articles)
        await room.say("/reload")
    (tmp_path / "data" / "snapshots" / "000002" / "sources.json").write_bytes(b"")
    async with hall(tmp_path) as room:
        await room.quiet()
        (told,) = [reply.text for reply in room.phone.sent]
        assert "000002" in told and "损坏" in told and "改动过的文件：new.txt" in told
        assert NEW not in room.texts()


async def test_a_build_that_dies_is_told_with_its_stage_and_the_old_version_serves(tmp_path: Path) -> None:
    class Dying:
        async def build(self, order: BuildRequest, folder: Path, progress: Progress) -> BuildResult:
            (folder / "half").write_bytes(b"x")
            if order.base is None:
                (folder / "half").unlink()
                return await asyncio.to_thread(build, order, folder)
            raise BuildFailed("修复", "子进程中途结束（信号 9）")

    async with hall(tmp_path, Dying()) as room:
        write_new(room.articles)
        said = await room.say("/reload")
        assert "没有成功" in said and "“修复”" in said and "信号 9" in said
        assert len(room.texts()) == 12
        assert not list((room.data / "snapshots").glob(".building-*"))
        assert [entry.outcome for entry in await room.audit()] == ["failed"]


class Slow(FakePlatform):
    """Delivers at once, and says so a while later."""

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        number = await super().send(chat, reply)
        await asyncio.sleep(0.3)
        return number


async def test_a_report_takes_the_place_of_progress_that_is_still_on_its_way(tmp_path: Path) -> None:
    async with hall(tmp_path, phone=Slow()) as room:
        await room.say("/reload")
        progress, report = room.phone.sent
        assert progress.text.startswith("正在重建") and "没有变化" in report.text
        assert report.edits == "m1"


STEP = 0.02  # seconds


async def test_a_folder_that_changed_and_kept_still_is_told_once_and_being_away_is_no_change(
    tmp_path: Path,
) -> None:
    articles, knocks = write_corpus(tmp_path / "articles"), list[int]()
    built = folder_fingerprint(articles, find_sources(articles))
    async with background(poll_folder(articles, STEP, lambda: knocks.append(1), built)):
        await asyncio.sleep(5 * STEP)
        articles.rename(tmp_path / "away")
        await asyncio.sleep(5 * STEP)
        (tmp_path / "away").rename(articles)
        await asyncio.sleep(5 * STEP)
        assert knocks == []
        write_new(articles)
        await until(lambda: knocks)
        await asyncio.sleep(5 * STEP)
        assert knocks == [1]


async def test_what_changed_while_nobody_watched_comes_to_serve_by_itself(tmp_path: Path) -> None:
    async with hall(tmp_path):
        pass
    write_new(tmp_path / "articles")
    async with hall(tmp_path, watch=STEP) as room:
        await until(lambda: NEW in room.texts())


async def test_a_rollback_lasts_until_the_folder_changes(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        write_new(room.articles)
        await room.say("/reload")
        await room.say("/rollback")
    async with hall(tmp_path, watch=STEP) as room:
        await asyncio.sleep(10 * STEP)
        assert room.builder.built == 0 and NEW not in room.texts()


def ignore(stage: str, done: int, of: int) -> None:
    """Nobody looks at how far it is."""


async def test_one_child_builds_again_and_again_tells_how_far_it_is_and_says_again_what_it_said_in_words(
    tmp_path: Path,
) -> None:
    stages: list[str] = []
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
    order = BuildRequest(write_corpus(tmp_path / "articles"))
    async with BuildClient() as builder:
        built = await builder.build(order, tmp_path / "first", lambda stage, done, of: stages.append(stage))
        assert built.manifest == verify_files(tmp_path / "first")
        assert built.manifest.totals == Totals(documents=4, articles=4, facts=12)
        assert "修复" in stages
        child = await child_of_this_process()
        await builder.build(order, tmp_path / "second", ignore)
        with pytest.raises(NoArticles, match="nowhere"):
            await builder.build(BuildRequest(tmp_path / "nowhere"), tmp_path / "third", ignore)
        again = replace(order, base=tmp_path / "first", if_changed=True)
        with pytest.raises(NothingChanged):
            await builder.build(again, tmp_path / "third", ignore)
        assert child.is_running()
    await until(lambda: not alive(child))


async def child_of_this_process() -> psutil.Process:
    while True:
        for child in psutil.Process().children():
            if alive(child) and "snapshots.worker" in " ".join(child.cmdline()):
                return child
        await asyncio.sleep(0.01)


async def fork_of(child: psutil.Process) -> psutil.Process:
    while not (forks := child.children()):
        await asyncio.sleep(0.01)
    return forks[0]


@pytest.mark.parametrize("who", ["child", "fork"])
@pytest.mark.slow
async def test_a_killed_build_has_failed_and_the_next_one_builds(tmp_path: Path, who: str) -> None:
    # 1000: it takes seconds, and a fork left alone ends sooner
    order = BuildRequest(write_corpus(tmp_path / "articles", 1000))
    async with BuildClient() as builder:
        (tmp_path / "new").mkdir()
        building = asyncio.create_task(builder.build(order, tmp_path / "new", ignore))
        child = await child_of_this_process()
        fork = await fork_of(child)
        os.kill(fork.pid if who == "fork" else child.pid, signal.SIGKILL)
        with pytest.raises(BuildFailed, match="中途结束"):
            await building
        await until(lambda: not alive(fork))
        (tmp_path / "next").mkdir()
        built = await builder.build(order, tmp_path / "next", ignore)
        assert built.manifest.totals.articles == 1000


@pytest.mark.slow
async def test_a_build_that_is_no_longer_wanted_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    order = BuildRequest(write_corpus(tmp_path / "articles", 400))
    async with BuildClient() as builder:
        building = asyncio.create_task(builder.build(order, tmp_path / "new", ignore))
        child = await child_of_this_process()
        fork = await fork_of(child)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building
        await until(lambda: not alive(child))
        await until(lambda: not alive(fork))
