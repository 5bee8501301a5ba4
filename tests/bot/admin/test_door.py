"""The admin door: three paths, for the holder of its token, and for no browser."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.admin.http import NAME, known_token, load_or_create_token
from tests.knowledge.snapshots.corpus import NEW, write_new
from tests.support.chat import TOKEN, Hall, hall
from tests.support.server import PATIENCE, until

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


async def test_the_holder_rehearses_reloads_and_confirms_by_handing_the_code_back(
    room: Hall, door: Door
) -> None:
    async def reload(**asked: object) -> tuple[int, dict[str, Any]]:
        answer = await door.post("/admin/reload", headers=HOLDER, **asked)  # type: ignore[arg-type]
        return answer.status, await answer.json()

    for dry in ({"json": {"dry": True}}, {"params": {"dry": "1"}}):
        assert (await reload(**dry))[1]["ending"] == "rehearsed" and NEW not in room.texts()
    status, told = await reload(json={"confirm": "yes"})
    assert (status, told["ending"]) == (409, "not_asked") and NEW not in room.texts()
    status, told = await reload()
    assert (status, told["ending"], told["version"]) == (200, "published", "000002")
    assert told["difference"]["articles"]["added"] == 1 and NEW in room.texts()
    assert told["text"].startswith("已换上版本") and "新来的一篇" in told["text"]
    assert {entry.actor.partition(":")[0] for entry in await room.audit()} == {"http"}
    for path in room.articles.glob("0*.txt"):
        path.unlink()
    status, told = await reload()
    assert (status, told["ending"]) == (409, "unconfirmed") and "少了一半以上" in told["text"]
    assert (await reload(json={"confirm": "yes"}))[0] == 409
    assert (await reload(json={"confirm": told["confirm"]}))[0] == 200 and room.texts() == [NEW]


STRANGERS: list[tuple[dict[str, str] | list[tuple[str, str]], int]] = [
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
]


async def test_nobody_else_does_anything_and_no_flood_fills_the_audit_log(room: Hall, door: Door) -> None:
    asked = 0
    for (headers, status), path, method in product(
        STRANGERS, ("/admin/reload", "/metrics", "/", "/admin"), ("GET", "POST")
    ):
        answer = await door.request(method, path, headers=headers)
        assert (answer.status, await answer.text()) == (status, f"{status}\n"), headers
        asked += 1
    assert (await door.post("/admin/reload", params={"token": TOKEN})).status == 401, "no token in addresses"
    assert NEW not in room.texts()
    room.clock.forward(minutes=2)
    await door.get("/")
    rows = await room.audit()
    assert {(entry.act, entry.outcome) for entry in rows} == {("door", "refused")}
    assert len(rows) == 11 and f"(+{asked + 1 - 10})" in rows[-1].detail


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

    def refused() -> list[str]:
        return [reply.text for reply in room.phone.sent if "已有一次重载" in reply.text]

    await until(lambda: len(refused()) == 7)
    assert all("http:" in text for text in refused()), "the others are told who reloads"
    room.builder.gate.set()
    assert (await (await first).json())["ending"] == "published"
    await room.quiet()
    async with asyncio.timeout(PATIENCE):
        while len(entries := await room.audit()) < 16:
            await asyncio.sleep(0.05)
    assert sorted(entry.outcome for entry in entries) == ["busy"] * 14 + ["published", "unchanged"]
    assert room.knowledge.versions.names() == ["000002", "000001"]


async def test_a_restore_that_is_refused_says_why_and_is_written_down(room: Hall, door: Door) -> None:
    (room.data / "no-backup").write_text("这不是备份")
    answer = await door.post("/admin/restore", headers=HOLDER, json={"file": str(room.data / "no-backup")})
    told = await answer.json()
    assert (answer.status, told["ending"]) == (500, "failed") and "不是完好的备份" in told["text"]
    (row,) = await room.audit()
    assert (row.act, row.outcome) == ("restore", "failed") and "不是完好的备份" in row.detail


def test_a_token_is_made_once_and_closed_again_where_others_could_read_it(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()  # one that is empty is filled
    first = load_or_create_token(tmp_path)
    assert len(first) >= 43
    for mode in (0o600, 0o644):
        (tmp_path / NAME).chmod(mode)
        assert (load_or_create_token(tmp_path), known_token(tmp_path)) == (first, first)
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    nowhere = Path("/proc/nowhere")  # then it is one that nobody knows
    assert load_or_create_token(nowhere) != load_or_create_token(nowhere)
    assert known_token(nowhere) is None
