"""The admin door: three paths, for the holder of its token, and for no browser."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.admin.http import NAME, known_token, load_or_create_token
from tests.knowledge.snapshots.corpus import NEW, write_new
from tests.support.chat import TOKEN, Hall, hall
from tests.support.server import PATIENCE

HOLDER = {"Authorization": f"Bearer {TOKEN}"}
Door = TestClient[aiohttp.web.Request, aiohttp.web.Application]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Hall]:
    async with hall(tmp_path) as opened:
        write_new(opened.articles)
        yield opened


@pytest.fixture
async def door(room: Hall) -> AsyncIterator[Door]:
    async with TestClient(TestServer(room.api.app)) as client:
        yield client


async def test_the_holder_reloads_and_is_told_the_difference(room: Hall, door: Door) -> None:
    answer = await door.post("/admin/reload", headers=HOLDER)
    told = await answer.json()
    assert (answer.status, told["ending"], told["version"]) == (200, "published", "000002")
    assert told["difference"]["articles"]["added"] == 1 and NEW in room.texts()
    assert told["text"].startswith("已换上版本") and "新来的一篇" in await answer.text()  # unescaped
    assert (await room.audit())[0].actor.startswith("http:")


@pytest.mark.parametrize("ask", [{"json": {"dry": True}}, {"params": {"dry": "1"}}])
async def test_a_dry_run_changes_nothing(room: Hall, door: Door, ask: dict[str, dict[str, bool]]) -> None:
    answer = await door.post("/admin/reload", headers=HOLDER, **ask)  # type: ignore[arg-type]
    assert (await answer.json())["ending"] == "rehearsed" and NEW not in room.texts()


async def test_what_needs_a_person_is_confirmed_by_handing_the_code_back(room: Hall, door: Door) -> None:
    for path in room.articles.glob("0*.txt"):
        path.unlink()
    first = await door.post("/admin/reload", headers=HOLDER)
    told = await first.json()
    assert (first.status, told["ending"]) == (409, "unconfirmed") and "少了一半以上" in told["text"]
    wrong = await door.post("/admin/reload", headers=HOLDER, json={"confirm": "yes"})
    assert wrong.status == 409
    again = await door.post("/admin/reload", headers=HOLDER, json={"confirm": told["confirm"]})
    assert again.status == 200 and room.texts() == [NEW]


async def test_a_confirmation_that_nothing_asked_for_is_refused(room: Hall, door: Door) -> None:
    answer = await door.post("/admin/reload", headers=HOLDER, json={"confirm": "yes"})
    assert (answer.status, (await answer.json())["ending"]) == (409, "not_asked")
    assert NEW not in room.texts()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": TOKEN}, 401),
        ({"Authorization": "Bearer \u00e9"}, 401),
        (HOLDER | {"Origin": "http://127.0.0.1"}, 403),
        (HOLDER | {"Sec-Fetch-Site": "same-origin"}, 403),
        (HOLDER | {"Host": "evil.example.com"}, 403),
        (HOLDER | {"Host": ""}, 403),
        ([("Authorization", "Bearer x"), *HOLDER.items()], 401),
    ],
)
async def test_nobody_else_learns_or_does_anything(
    room: Hall, door: Door, headers: dict[str, str] | list[tuple[str, str]], status: int
) -> None:
    for path, method in product(("/admin/reload", "/metrics", "/", "/admin"), ("GET", "POST")):
        answer = await door.request(method, path, headers=headers)
        assert (answer.status, await answer.text()) == (status, f"{status}\n")
    assert NEW not in room.texts()
    assert {(entry.act, entry.outcome) for entry in await room.audit()} == {("door", "refused")}


async def test_a_token_in_the_address_is_no_token(door: Door) -> None:
    assert (await door.post("/admin/reload", params={"token": TOKEN})).status == 401


ELSEWHERE = [
    ("GET", "/admin/reload", b"", 405),
    ("DELETE", "/admin/reload", b"", 405),
    ("POST", "/metrics", b"", 405),
    ("GET", "/", b"", 404),
    ("POST", "/admin/../admin/reload/%2e%2e", b"", 404),
    ("GET", "/healthz", b"", 404),
    ("POST", "/admin/reload", b"{", 400),
    ("POST", "/admin/reload", b"[]", 400),
    ("POST", "/admin/reload", b'{"dry": "yes"}', 400),
    ("POST", "/admin/reload", b'{"confirm": 1}', 400),
    ("POST", "/admin/reload", b"[" * 60_000, 400),
    ("POST", "/admin/reload", b"x" * 70_000, 413),
]


async def test_the_holder_finds_nothing_else(room: Hall, door: Door) -> None:
    for method, path, body, status in ELSEWHERE:
        answer = await door.request(method, path, headers=HOLDER, data=body)
        assert answer.status == status, (method, path, body[:9])
    assert NEW not in room.texts()


async def test_the_holder_reads_the_metrics_under_a_name_that_can_only_be_meant_for_us(door: Door) -> None:
    for host in ("127.0.0.1:8081", "localhost", "[::1]:8081", "chuchu:8081", "10.0.0.5"):
        answer = await door.get("/metrics", headers=HOLDER | {"Host": host})
        assert (answer.status, await answer.text()) == (200, "# metrics\n"), host


async def test_twenty_requests_at_once_through_every_door_make_one_reload(room: Hall, door: Door) -> None:
    room.builder.hold()
    first = asyncio.create_task(door.post("/admin/reload", headers=HOLDER))
    await room.builder.begun.wait()
    for _ in range(7):
        room.side.reload_trigger.fire()
        assert (await door.post("/admin/reload", headers=HOLDER)).status == 409
        await room.say("/reload")
    room.builder.authorizer.set()
    assert (await (await first).json())["ending"] == "published"
    await room.quiet()
    async with asyncio.timeout(PATIENCE):
        while len(entries := await room.audit()) < 16:
            await asyncio.sleep(0.05)
    assert sorted(entry.outcome for entry in entries) == ["busy"] * 14 + ["published", "unchanged"]
    assert room.knowledge.versions.names() == ["000002", "000001"]


async def test_a_flood_of_refusals_does_not_fill_the_audit_log(room: Hall, door: Door) -> None:
    for _ in range(30):
        await door.get("/")
    room.clock.forward(minutes=2)
    await door.get("/")
    rows = await room.audit()
    assert len(rows) == 11 and "(+20)" in rows[-1].detail


async def test_a_restore_that_is_refused_says_why_and_is_written_down(room: Hall, door: Door) -> None:
    (room.data / "no-backup").write_text("这不是备份")
    answer = await door.post("/admin/restore", headers=HOLDER, json={"file": str(room.data / "no-backup")})
    told = await answer.json()
    assert (answer.status, told["ending"]) == (500, "failed") and "不是完好的备份" in told["text"]
    (row,) = await room.audit()
    assert (row.act, row.outcome) == ("restore", "failed") and "不是完好的备份" in row.detail


def test_a_token_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = load_or_create_token(tmp_path)
    assert (load_or_create_token(tmp_path), known_token(tmp_path)) == (first, first)
    assert len(first) >= 43
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_token_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    load_or_create_token(tmp_path)
    (tmp_path / NAME).chmod(0o644)
    load_or_create_token(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_an_empty_token_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    assert len(load_or_create_token(tmp_path)) >= 43


def test_without_a_place_for_it_the_token_is_one_that_nobody_knows() -> None:
    nowhere = Path("/proc/nowhere")
    assert load_or_create_token(nowhere) != load_or_create_token(nowhere)
    assert known_token(nowhere) is None
