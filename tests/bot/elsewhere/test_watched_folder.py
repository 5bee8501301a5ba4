"""A watched folder that was mostly emptied, or has a file that cannot be read: owners hear of it on every platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import serving
from bot.config import load_settings
from bot.platforms import PLATFORMS
from bot.texts import phrases
from tests.bot.elsewhere.everywhere import Surface, everywhere
from tests.knowledge.snapshots.corpus import write_corpus

SAID = phrases("zh").admin


async def test_each_owner_is_told_and_decides_by_the_button(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles, away = write_corpus(tmp_path / "articles"), tmp_path / "away"
    away.mkdir()
    async with everywhere() as world:
        owners = ",".join(f"{one.name}:{one.people[0]}" for one in world.surfaces)
        given = {
            "CHUCHU_ARTICLES": str(articles),
            "CHUCHU_DATA": str(tmp_path / "var"),
            "CHUCHU_HTTP": "127.0.0.1:0",
            "CHUCHU_ADMIN_HTTP": "127.0.0.1:0",
            "CHUCHU_ADMINS": owners,
            "CHUCHU_WATCH": "0.2",
            "CHUCHU_EMBEDDINGS": "off",
        }
        for name, value in {**world.settings, **given}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)

        async def told(surface: Surface, *words: str) -> None:
            try:
                await world.matrix.until(
                    lambda: any(all(word in text for word in words) for text in surface.told(0)), 60
                )
            except AssertionError:
                raise AssertionError(f"{surface.name} was told only {surface.told(0)}, not {words}") from None

        async with serving(load_settings(PLATFORMS)):
            await world.matrix.until(world.heard, 120)
            for surface in world.surfaces:
                await surface.say(0, "/whoami")  # Telegram lets nobody be spoken to who never spoke
                await told(surface, surface.people[0])
            (articles / "damaged.pdf").write_bytes(b"%PDF-1.7 and no more")
            for surface in world.surfaces:
                await told(surface, SAID.by_itself, "damaged.pdf")
            for path in sorted(articles.glob("00*.txt"))[1:]:
                path.rename(away / path.name)
            for surface in world.surfaces:
                await told(surface, SAID.by_itself, SAID.anyway)
            *others, last = world.surfaces
            for surface in others:
                await surface.press(0, SAID.not_anyway)
                await told(surface, SAID.declined)
            await last.press(0, SAID.anyway)
            await told(last, "删 3")
        assert all(not surface.told(1) for surface in world.surfaces), "who is no owner hears nothing"
