"""Backup and restore while the bot runs, by the real process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bot.feedback.telegram import Talk, talking
from tests.support.process import chuchu

READER, ADMIN = 700_800_901, 900_100_201


async def test_a_backup_under_load_restored_elsewhere_answers_the_same(tmp_path: Path) -> None:
    file = tmp_path / "backup"
    here = {"CHUCHU_DATA": str(tmp_path / "var"), "CHUCHU_ARTICLES": str(tmp_path / "articles")}
    elsewhere = tmp_path / "elsewhere"
    async with talking(tmp_path, ADMIN) as talk:
        await talk.says(ADMIN, "/alias CIIE 进博会")
        await talk.says(READER, "/watch 养老")
        asking = asyncio.create_task(ask_on(talk))
        made = await asyncio.to_thread(lambda: chuchu(tmp_path, "backup", str(file), stdin=b"", **here))
        asking.cancel()
        assert made.returncode == 0, made.stderr.decode()
        await talk.says(READER, "CIIE")
        answered = talk.last(READER).text
        await talk.says(ADMIN, "/alias 施工 整修")
        back = await asyncio.to_thread(lambda: chuchu(tmp_path, "restore", str(file), stdin=b"", **here))
        assert back.returncode == 0, back.stderr.decode()
        await talk.says(READER, "CIIE")
        assert talk.last(READER).text == answered
        await talk.says(ADMIN, "/alias")
        assert talk.last(ADMIN).text.splitlines()[1] == "1. ciie = 进博会"
        assert "施工" not in talk.last(ADMIN).text
        await talk.says(ADMIN, "/audit")
        assert "记录完整" in talk.last(ADMIN).text
        assert "恢复 恢复" in talk.last(ADMIN).text
    elsewhere.mkdir()
    there = {"CHUCHU_DATA": str(elsewhere / "var"), "CHUCHU_ARTICLES": here["CHUCHU_ARTICLES"]}
    back = await asyncio.to_thread(lambda: chuchu(elsewhere, "restore", str(file), stdin=b"", **there))
    assert back.returncode == 0, back.stderr.decode()
    async with talking(elsewhere, ADMIN) as talk:
        await talk.says(READER, "CIIE")
        assert talk.last(READER).text == answered
        await talk.says(READER, "/watches")
        assert "养老" in talk.last(READER).text
        await talk.says(ADMIN, "/audit")
        assert "记录完整" in talk.last(ADMIN).text
        assert "别名 完成 ciie = 进博会" in talk.last(ADMIN).text


async def ask_on(talk: Talk) -> None:
    """Ask until cancelled."""
    while True:
        await talk.says(READER, "道路")
