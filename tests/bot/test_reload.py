"""Reloading the running bot, as an operator does it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.process import Running, chuchu, running

NEW = "苏州河边建成了新的步道。"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    write_corpus(tmp_path / "articles")
    return {"CHUCHU_ARTICLES": str(tmp_path / "articles"), "CHUCHU_DATA": str(tmp_path / "var")}


def command(folder: Path, *arguments: str, articles: str = "articles") -> CompletedProcess[bytes]:
    places = {"CHUCHU_ARTICLES": str(folder / articles), "CHUCHU_DATA": str(folder / "var")}
    return chuchu(folder, *arguments, stdin=b"", **places)


def found(bot: Running) -> bool:
    """Whether the page finds it; a machine too busy for that says to ask again."""
    for _ in range(100):
        try:
            with urlopen(f"{bot.url}/api/ask?q={quote('苏州河边 步道')}") as answer:
                return NEW in answer.read().decode()
        except HTTPError as busy:
            assert busy.code == 503
            time.sleep(0.5)
    raise AssertionError("never answered")


async def test_the_command_reloads_the_running_bot_through_its_door(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with running(tmp_path, **settings) as bot:
        write_article(tmp_path / "articles", "new.txt", "新来的一篇", NEW)
        dry = await asyncio.to_thread(command, tmp_path, "reload", "--dry-run", "--json")
        assert json.loads(dry.stdout)["ending"] == "rehearsed" and not found(bot)
        done = await asyncio.to_thread(command, tmp_path, "reload")
        assert (done.returncode, "已换上版本 000002" in done.stdout.decode()) == (0, True)
        assert found(bot)


@pytest.mark.slow
async def test_a_second_bot_on_the_same_folder_is_refused_and_a_question_is_not(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with running(tmp_path, **settings) as bot:
        second = await asyncio.to_thread(command, tmp_path, "run")
        assert (second.returncode, str(bot.pid) in second.stderr.decode()) == (75, True)
        write_article(tmp_path / "articles", "new.txt", "新来的一篇", NEW)
        asked = await asyncio.to_thread(command, tmp_path, "ask", "苏州河边 步道")
        assert NEW in asked.stdout.decode() and not found(bot)


def test_without_a_running_bot_the_command_works_on_the_data_folder(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    first = command(tmp_path, "reload")
    assert (first.returncode, "000001" in first.stdout.decode()) == (0, True)
    for path in sorted((tmp_path / "articles").iterdir())[:3]:
        path.unlink()
    doubtful = command(tmp_path, "reload", "--json")
    told = json.loads(doubtful.stdout)
    assert (doubtful.returncode, told["ending"]) == (1, "unconfirmed")
    sure = command(tmp_path, "reload", "--confirm", told["confirm"])
    assert (sure.returncode, "已换上版本 000002" in sure.stdout.decode()) == (0, True)
    again = command(tmp_path, "reload", "--confirm", told["confirm"], "--json")
    assert (again.returncode, json.loads(again.stdout)["ending"]) == (1, "not_asked")


def test_a_state_that_cannot_be_used_is_one_line_that_names_it(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    assert command(tmp_path, "reload").returncode == 0
    (tmp_path / "mine").write_text("这不是备份")
    for log in tmp_path.glob("var/state.sqlite-*"):
        log.unlink()
    (tmp_path / "var" / "state.sqlite").write_bytes(b"no database" * 1000)
    for arguments in (["reload"], ["backup", "file"], ["restore", "mine"]):
        done = command(tmp_path, *arguments)
        said = done.stderr.decode()
        assert (done.returncode, said.count("\n")) == (1, 1), said
        assert "state.sqlite" in said


def test_a_restore_that_is_refused_is_in_the_audit_log(tmp_path: Path, settings: dict[str, str]) -> None:
    assert command(tmp_path, "reload").returncode == 0
    (tmp_path / "file").write_text("这不是备份")
    done = command(tmp_path, "restore", "file")
    assert (done.returncode, "不是完好的备份" in done.stderr.decode()) == (1, True)
    with closing(sqlite3.connect(tmp_path / "var" / "state.sqlite")) as state:
        rows = list(state.execute("SELECT actor, act, outcome FROM audit ORDER BY number"))
    assert rows[-1] == ("shell", "restore", "failed")
