"""The poll loop outlives whatever the server does; the webhook acknowledges what is stored, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from tests.bot.telegram.service import SECRET, Echo, endings, polling, reasons, webhook
from tests.botapi import faults
from tests.botapi.faults import Fault, Refusal
from tests.botapi.server import BotApi, Courier, bot_api
from tests.botapi.updates import Json, message, private
from tests.support.inbox import nothing_stored
from tests.support.server import Garbage, Hang, Reset

FAULTS: dict[str, Fault] = {
    "401": faults.UNAUTHORIZED,
    "404": faults.NOT_FOUND,
    "409": faults.SECOND_POLLER,
    "429": faults.flood(1),
    "500": Refusal(500, "Internal Server Error"),
    "502 html": Garbage(b"<html>Bad Gateway</html>", 502),
    "garbage": Garbage(b"\x00\xff{"),
    "not ok": Garbage(b'{"ok":false}'),
    "result is no list": Garbage(b'{"ok":true,"result":{}}'),
    "half a body": Garbage(b'{"ok":true,"result":[{"update_id":'),
    "deeply nested": Garbage(b'{"ok":true,"result":' + b"[" * 100_000),
    "huge number": Garbage(b'{"ok":true,"result":[{"update_id":' + b"9" * 5000 + b"}]}"),
    "gzip bomb": Garbage(gzip.compress(bytes(50 << 20)), encoding="gzip"),
    "too big": Garbage(bytes(33 << 20)),
    "reset": Reset(),
    "hang": Hang(),
}


async def ask(api: BotApi, text: str, chat: int = 7) -> None:
    api.push(message=message(text, private(chat)))
    await api.until(lambda: f"答：{text}" in api.said(chat))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_polling_recovers_from_one_bad_answer(tmp_path: Path, fault: Fault) -> None:
    async with bot_api() as api:
        api.fail("getUpdates", fault)
        async with polling(api, tmp_path, Echo()):
            await ask(api, "还在吗")


@pytest.mark.parametrize(
    "fault", [faults.UNAUTHORIZED, faults.SECOND_POLLER, Hang()], ids=["401", "409", "hang"]
)
async def test_polling_recovers_from_a_trouble_that_lasts_and_says_so_meanwhile(
    tmp_path: Path, fault: Fault
) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo(), haste=5) as service:
        await ask(api, "之前")
        assert service.problem() is None
        api.fail("getUpdates", fault, float("inf"))
        await api.until(service.problem)
        api.planned.clear()
        await ask(api, "之后")
        assert service.problem() is None


async def test_a_webhook_set_by_somebody_else_is_removed_without_losing_what_waits_there(
    tmp_path: Path,
) -> None:
    async with bot_api() as api:
        api.courier = Courier("http://127.0.0.1:9/nowhere", None, 1)
        api.push(message=message("等着的", private(7)))
        async with polling(api, tmp_path, Echo()):
            await api.until(lambda: "答：等着的" in api.said(7))
        assert [call.parameters["drop_pending_updates"] for call in api.made("deleteWebhook")] == [False]


POISON = {
    "a chat without a type": {"message": {"message_id": 1, "date": 1, "chat": {"id": 7}, "text": "x"}},
    "a date that is text": {"message": {**message("x", private(7)), "date": "gestern"}},
    "a text that is a list": {"message": {**message("x", private(7)), "text": ["x"]}},
    "a message that is a number": {"message": 5},
    "entities that are a number": {"message": {**message("x", private(7)), "entities": 3}},
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
async def test_one_poison_update_among_a_hundred_is_quarantined_and_the_others_answered(
    tmp_path: Path, poison: dict[str, object]
) -> None:
    async with bot_api() as api:
        for number in range(50):
            api.push(message=message(f"问{number}", private(100 + number)))
        bad = api.push_raw({"update_id": 2000, **poison}) and 2000
        api._next = 2000
        for number in range(49):
            api.push(message=message(f"问{number}", private(200 + number)))
        async with polling(api, tmp_path, Echo()):
            await api.until(lambda: len(api.said()) == 99)
            await api.until(lambda: None not in endings(tmp_path).values())
    ended = endings(tmp_path)
    assert ended.pop(bad) == "quarantined"
    assert set(ended.values()) == {"answered"}
    assert reasons(tmp_path)[bad]


@pytest.mark.parametrize(
    "strange",
    [
        {"update_id": 1500, "managed_bot_of_the_future": {"x": 1}},
        {"update_id": 1500, "poll": {"id": "1"}},
        {"update_id": 1500, "business_message": message("x", private(7))},
        {"update_id": 1500},
    ],
    ids=["unknown kind", "poll", "business", "empty"],
)
async def test_a_kind_of_update_that_is_not_served_is_ignored(
    tmp_path: Path, strange: dict[str, object]
) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        api.push_raw(strange)
        api._next = 1600
        await ask(api, "后面的")
        await api.until(lambda: endings(tmp_path)[1500] == "ignored")


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, {"update_id": "7"}, {"update_id": 2**63}], ids=repr)
async def test_what_is_no_update_at_all_holds_nobody_up(tmp_path: Path, junk: object) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        api.push_raw(junk)
        await ask(api, "后面的")


async def test_an_update_that_comes_three_times_and_after_a_restart_is_answered_once(tmp_path: Path) -> None:
    async with bot_api() as api:
        again: Json = {"update_id": 900, "message": message("一次", private(7))}
        for _ in range(2):
            async with polling(api, tmp_path, Echo()):
                api.chats.learn({"message": again["message"]})
                for _ in range(3):
                    api.push_raw(again)
                await ask(api, f"另一个{len(api.calls)}")
        assert api.said(7).count("答：一次") == 1


async def test_update_ids_that_jump_back_after_a_quiet_week_are_handled(tmp_path: Path) -> None:
    async with bot_api() as api:
        api._next = 10**8
        async with polling(api, tmp_path, Echo()):
            await ask(api, "先")
        api._next = 500
        api.queue.clear()
        async with polling(api, tmp_path, Echo()):
            await ask(api, "后")


async def test_what_cannot_be_stored_is_not_confirmed_and_comes_again(tmp_path: Path) -> None:
    async with bot_api() as api, polling(api, tmp_path, Echo()):
        await ask(api, "先")
        with nothing_stored(tmp_path):
            polls = api.good_polls
            waiting = api.push(message=message("后", private(7)))
            await api.until(lambda: api.good_polls > polls + 1)
            assert [update["update_id"] for update in api.queue] == [waiting]
        await api.until(lambda: api.said(7) == ["答：先", "答：后"])


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
        with nothing_stored(tmp_path):
            status, _, headers = await post(url, json.dumps(UPDATE).encode())
            assert (status, headers["Retry-After"]) == (503, "5")
            assert service.problem() is not None
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
