"""Talking with the real bot process over the strict Bot API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.feedback.watches import MEANT
from bot.state.chats import Checkpoints
from bot.state.database import open_database
from bot.state.state import sqlite_address
from tests.bot.telegram.service import Bot
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import bot_api
from tests.knowledge.snapshots.corpus import write_article


@asynccontextmanager
async def talking(folder: Path, admin: int, **settings: str) -> AsyncIterator[tuple[Bot, BotProcess]]:
    """A bot over a small newspaper of its own."""
    articles = folder / "articles"
    write_article(
        articles, "ciie.txt", "进博会筹备启动", "第二届进博会筹备工作正式启动，共有三十个国家报名参展。"
    )
    write_article(articles, "road.txt", "道路施工公告", "本市将对十二条道路进行整修，预计明年三月完工。")
    given = {"CHUCHU_ARTICLES": str(articles), "CHUCHU_ADMINS": str(admin), **settings}
    async with bot_api() as api, bot_process(folder, api, **given) as bot:
        yield Bot(api, bot.data), bot


READER, ADMIN = 700_800_901, 900_100_201


ELSEWHERE = (
    "市图书馆周末延长开放到晚上九点。",
    "三号线地铁首末班车时间有所调整。",
    "本周蔬菜批发价格小幅回落。",
    "新建的小学明年九月招生。",
    "老旧小区外墙修缮下月开工。",
    "社区食堂推出早餐套餐。",
    "企业办理执照可以全程网上进行。",
    "台风过后工人连夜清理倒伏的树木。",
    "足球联赛主场门票开始发售。",
    "医院门诊大楼启用新的挂号系统。",
)


EMBEDDING_SECONDS = 900  # its process gives way to every other


@pytest.mark.slow
async def test_what_says_the_same_in_other_words_is_told_once(tmp_path: Path) -> None:
    for number, sentence in enumerate(ELSEWHERE):
        write_article(tmp_path / "articles", f"{number}.txt", f"简讯第{number}号", sentence)
    async with talking(tmp_path, ADMIN, CHUCHU_EMBEDDINGS="bundled") as (talk, _):
        await talk.says(READER, "/watch 过冬的候鸟")
        await talk.says(ADMIN, "过冬的鸟有多少只")
        await talk.press("有了告诉我", ADMIN)
        await embedded(talk, "000001")
        said = {chat: len(talk.api.said(chat)) for chat in (READER, ADMIN)}
        write_article(tmp_path / "articles", "lake.txt", "湖区见闻", "湖面上越冬的水鸟超过六万羽，创下新高。")
        await talk.says(ADMIN, "/reload")
        await talk.hears(READER, said[READER] + 1, EMBEDDING_SECONDS)
        assert talk.last(READER).startswith("可能与您问过的“过冬的候鸟”有关：\n湖面上越冬的水鸟")
        await talk.hears(ADMIN, said[ADMIN] + 2, EMBEDDING_SECONDS)  # that it is loaded, and this
        assert any("“过冬的鸟有多少只”有关" in text for text in talk.api.said(ADMIN)[said[ADMIN] :])
        write_article(
            tmp_path / "articles",
            "lake.txt",
            "湖区见闻",
            "湖面上越冬的水鸟超过六万羽，创下新高。",
            "游客增加了三成。",
        )
        await talk.says(ADMIN, "/reload")
        await embedded(talk, "000003")
        await talk.says(ADMIN, "/watches")
        assert len(talk.api.said(READER)) == said[READER] + 1


async def embedded(talk: Bot, version: str) -> None:
    """Wait until a version is embedded and what it means is told."""
    async with open_database(sqlite_address(talk.data)) as database:
        marks = Checkpoints(database)
        async with asyncio.timeout(EMBEDDING_SECONDS):
            while await marks.get(MEANT) != version:
                await asyncio.sleep(0.1)
