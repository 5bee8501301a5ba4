"""The webhook acknowledges what is stored, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from tests.bot.telegram.service import SECRET, Echo, endings, reasons, webhook
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private

HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE = {"update_id": 77, "message": message("问", private(7))}


async def post(
    url: str, body: bytes, headers: Mapping[str, str] | list[tuple[str, str]] | None = None
) -> tuple[int, bytes, Mapping[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            url, data=io.BytesIO(body), headers=headers if headers is not None else {HEADER: SECRET}
        ) as answer,
    ):
        return answer.status, await answer.read(), answer.headers


async def test_an_update_is_acknowledged_with_an_empty_200_and_answered(tmp_path: Path) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()):
        await api.until(lambda: api.courier)
        api.push(message=message("问", private(7)))
        await api.until(lambda: api.said(7) == ["答：问"])
        assert api.courier is not None
        assert (set(api.courier.statuses), api.courier.bodies) == ({200}, {b""})


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(HEADER, "wrong")],
        [(HEADER, SECRET[:-1])],
        [(HEADER, SECRET + "x")],
        [(HEADER, "密码")],
        [(HEADER, "x" * 7000)],
        [(HEADER, SECRET), (HEADER, SECRET)],
    ],
    ids=["missing", "wrong", "a prefix", "longer", "not ASCII", "7 kB", "twice"],
)
async def test_without_the_secret_nothing_is_stored_and_nothing_told(
    tmp_path: Path, headers: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (_, url):
        status, body, _ = await post(url, json.dumps(UPDATE).encode(), headers)
        assert (status, body) == (401, b"")
        assert endings(tmp_path) == {}
        assert "wrong" not in caplog.text


GARBAGE = {
    "no JSON": b"{",
    "NaN id": b'{"update_id": NaN}',
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "no id": b'{"message": {}}',
    "empty": b"",
    "2 MB": b'{"update_id": 5, "x": "' + b"x" * (2 << 20) + b'"}',
    "nested": b"[" * 100_000,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_that_knows_the_secret_is_quarantined_so_that_it_does_not_come_again(
    tmp_path: Path, garbage: bytes
) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (_, url):
        status, body, _ = await post(url, garbage)
        assert (status, body) == (200, b"")
        assert list(endings(tmp_path).values()) == ["quarantined"]


async def test_a_poison_update_is_quarantined_and_its_chat_served_on(tmp_path: Path) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (_, url):
        poison = {"update_id": 5, "message": {"message_id": 1, "date": 1, "chat": {"id": 7}, "text": "x"}}
        assert (await post(url, json.dumps(poison).encode()))[0] == 200
        api.chats.learn({"message": UPDATE["message"]})
        assert (await post(url, json.dumps(UPDATE).encode()))[0] == 200
        await api.until(lambda: api.said(7))
        await api.until(lambda: endings(tmp_path) == {5: "quarantined", 77: "answered"})
        assert reasons(tmp_path)[5]


async def test_a_compressed_body_is_refused_unread(tmp_path: Path) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (_, url):
        bomb = gzip.compress(bytes(50 << 20))
        status, _, _ = await post(url, bomb, {HEADER: SECRET, "Content-Encoding": "gzip"})
        assert status == 415


async def test_any_content_type_is_read(tmp_path: Path) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (_, url):
        api.chats.learn({"message": UPDATE["message"]})
        headers = {HEADER: SECRET, "Content-Type": "application/json; charset=utf-8"}
        assert (await post(url, json.dumps(UPDATE).encode(), headers))[0] == 200
        await api.until(lambda: api.said(7))


async def test_an_update_that_cannot_be_stored_is_asked_for_again_until_it_can(tmp_path: Path) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (service, url):
        api.chats.learn({"message": UPDATE["message"]})
        await api.until(lambda: service.problem() is None)
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # as good as a full disk: commits fail
            status, _, headers = await post(url, json.dumps(UPDATE).encode())
            assert (status, headers["Retry-After"]) == (503, "5")
            assert service.problem() is not None
            other.execute("ROLLBACK")
        assert (await post(url, json.dumps(UPDATE).encode()))[0] == 200
        await api.until(lambda: api.said(7) == ["答：问"])
        assert service.problem() is None


async def test_a_slow_sender_is_cut_off_while_others_are_served(tmp_path: Path) -> None:
    async with bot_api() as api, webhook(api, tmp_path, Echo()) as (_, url):
        port = int(url.split(":")[2].split("/")[0])
        head = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 50\r\n\r\n"
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _, writer in slow:
            writer.write(head.encode())
        api.chats.learn({"message": UPDATE["message"]})
        assert (await post(url, json.dumps(UPDATE).encode()))[0] == 200
        await api.until(lambda: api.said(7))
        for reader, writer in slow:
            assert (await reader.readline()).split()[1] == b"408"
            writer.close()
