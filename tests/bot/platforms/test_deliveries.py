"""Updates that a platform brings to us: acknowledged when stored, taken from nobody else, and garbage put aside; Telegram's webhook, Feishu's callback."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.messages import Button, Conversation, Reply, Run
from bot.ports import Platform
from tests.bot.feishu.service import ENCRYPT, VERIFICATION, serving, site
from tests.bot.telegram.service import SECRET, Echo, webhook
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.feishu import events
from tests.feishu.events import ANN, Json
from tests.feishu.server import feishu
from tests.support.inbox import nothing_stored, statuses

Headers = list[tuple[str, str]]
HEADER = "X-Telegram-Bot-Api-Secret-Token"
KNOWN: Headers = [(HEADER, SECRET)]
UPDATE = json.dumps({"update_id": 77, "message": message("问", private(7))}).encode()


def sealed(event: Json, key: str = ENCRYPT) -> bytes:
    """An event as Feishu encrypts it."""
    padder = PKCS7(128).padder()
    padded = padder.update(json.dumps(event).encode()) + padder.finalize()
    vector = os.urandom(16)
    sealing = Cipher(AES(hashlib.sha256(key.encode()).digest()), CBC(vector)).encryptor()
    data = vector + sealing.update(padded) + sealing.finalize()
    return json.dumps({"encrypt": base64.b64encode(data).decode()}).encode()


def signature(body: bytes, key: str = ENCRYPT) -> dict[str, str]:
    """The headers with which Feishu signs it."""
    signed = hashlib.sha256(f"1700000000nonce{key}".encode() + body).hexdigest()
    stamp = {"X-Lark-Request-Timestamp": "1700000000", "X-Lark-Request-Nonce": "nonce"}
    return {**stamp, "X-Lark-Signature": signed}


def plain(event: Json) -> bytes:
    return json.dumps(event).encode()


@dataclass(frozen=True)
class Door:
    """Where a platform brings its updates; `question` makes one that says 问, with its headers."""

    platform: str
    server: Any
    service: Platform
    url: str
    folder: Path
    question: Callable[[], tuple[bytes, Headers]]
    heard: Callable[[], list[str]]

    async def bring(self, body: bytes, headers: Headers) -> tuple[int, bytes, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=BytesIO(body), headers=headers) as answer,
        ):
            return answer.status, await answer.read(), answer.headers

    def stored(self) -> dict[str, str | None]:
        return statuses(self.folder, self.platform)


@asynccontextmanager
async def door(name: str, folder: Path, conversation: Conversation | None = None) -> AsyncIterator[Door]:
    """`telegram`, `feishu`, or `feishu, sealed`."""
    talk = conversation or Echo()
    if name == "telegram":
        async with bot_api() as api, webhook(api, folder, talk) as (hooked, url):
            api.chats.learn({"message": message("问", private(7))})
            await api.until(lambda: hooked.problem() is None)
            yield Door("telegram", api, hooked, url, folder, lambda: (UPDATE, KNOWN), lambda: api.said(7))
        return
    key = ENCRYPT if "sealed" in name else ""

    def question() -> tuple[bytes, Headers]:
        event = events.message("问", name="om_77")
        body = sealed(event) if key else plain(event)
        return body, list(signature(body).items())

    async with (
        feishu() as server,
        serving(server, folder, talk, verification_token=VERIFICATION, encrypt_key=key) as service,
        site(service) as url,
    ):
        await server.until(lambda: service.problem() is None)
        yield Door("feishu", server, service, url, folder, question, lambda: server.texts(ANN))


doors = pytest.mark.parametrize("name", ["telegram", "feishu", "feishu, sealed"])


@doors
async def test_an_update_is_acknowledged_when_stored_and_answered_once(tmp_path: Path, name: str) -> None:
    async with door(name, tmp_path) as there:
        for more in (("Content-Type", "application/json; charset=utf-8"), ("X-More", "x")):
            body, headers = there.question()
            status, told, _ = await there.bring(body, [*headers, more])
            assert (status, told) == (200, b"" if name == "telegram" else b"{}")
        await there.server.until(there.heard)
        await there.server.until(lambda: list(there.stored().values()) == ["answered"])
        assert there.heard() == ["答：问"]
        assert name == "telegram" or there.server.handshakes == 0, "no long connection beside it"


@pytest.mark.parametrize("name", ["telegram", "feishu"])
async def test_what_cannot_be_stored_is_asked_for_again_until_it_can(tmp_path: Path, name: str) -> None:
    async with door(name, tmp_path) as there:
        with nothing_stored(tmp_path):
            status, _, headers = await there.bring(*there.question())
            assert (status, headers["Retry-After"]) == (503, "5")
            assert there.service.problem() is not None
        assert (await there.bring(*there.question()))[0] == 200
        await there.server.until(lambda: there.heard() == ["答：问"])
        assert there.service.problem() is None


def with_token(token: object) -> bytes:
    event = events.message("问")
    event["header"]["token"] = token
    return plain(event)


CHECK: Json = {"type": "url_verification", "challenge": "c-1", "token": VERIFICATION}
FOREIGN = sealed(events.message("问"), "guess")
OURS = sealed(events.message("问"))
REFUSED: dict[str, tuple[str, bytes, Headers]] = {
    **{
        f"secret {name}": ("telegram", UPDATE, headers)
        for name, headers in {
            "missing": [],
            "wrong": [(HEADER, "wrong")],
            "a prefix": [(HEADER, SECRET[:-1])],
            "longer": [(HEADER, SECRET + "x")],
            "not ASCII": [(HEADER, "密码")],
            "7 kB": [(HEADER, "x" * 7000)],
            "twice": KNOWN * 2,
        }.items()
    },
    "another token": ("feishu", with_token("guess"), []),
    "no token": ("feishu", with_token(None), []),
    "token of a wrong type": ("feishu", with_token(["x"]), []),
    "a check with another token": ("feishu", plain({**CHECK, "token": "guess"}), []),
    "no JSON": ("feishu", b"\xff", []),
    "nothing": ("feishu", b"", []),
    "a list": ("feishu", b"[]", []),
    "plain, where it is to be sealed": ("feishu, sealed", plain(events.message("问")), []),
    "sealed with another key": ("feishu, sealed", FOREIGN, list(signature(FOREIGN, "guess").items())),
    "not signed": ("feishu, sealed", OURS, []),
    "signed with another key": ("feishu, sealed", OURS, list(signature(OURS, "guess").items())),
    "cut off": ("feishu, sealed", b'{"encrypt":"AAAA"}', list(signature(b'{"encrypt":"AAAA"}').items())),
    "no base64": ("feishu, sealed", b'{"encrypt":"\xe4"}', []),
}
GARBAGE: dict[str, bytes] = {
    "no JSON": b"{",
    "NaN id": b'{"update_id": NaN}',
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "no id": b'{"message": {}}',
    "empty": b"",
    "2 MB": b'{"update_id": 5, "x": "' + b"x" * (2 << 20) + b'"}',
    "nested": b"[" * 100_000,
}


async def test_what_the_platform_did_not_send_or_seal_as_agreed_is_turned_away_untold_and_not_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []
    for name in dict.fromkeys(row[0] for row in REFUSED.values()):
        (folder := tmp_path / name).mkdir()
        async with door(name, folder) as there:
            for what, (where, body, headers) in REFUSED.items():
                if where == name:
                    status, told, _ = await there.bring(body, headers)
                    assert (status, told) == (401, b""), what
                    tried.append(what)
            assert there.stored() == {}
    assert sorted(tried) == sorted(REFUSED)
    assert "wrong" not in caplog.text


async def test_garbage_that_knows_the_secret_is_put_aside_for_good(tmp_path: Path) -> None:
    async with door("telegram", tmp_path) as there:
        for number, (what, garbage) in enumerate(GARBAGE.items(), 1):
            assert (await there.bring(garbage, KNOWN))[:2] == (200, b""), what
            assert list(there.stored().values()) == ["quarantined"] * number, what
        bomb = gzip.compress(bytes(50 << 20))
        assert (await there.bring(bomb, [*KNOWN, ("Content-Encoding", "gzip")]))[0] == 415
        assert len(there.stored()) == len(GARBAGE)


@pytest.mark.parametrize("name", ["feishu", "feishu, sealed"])
async def test_feishus_address_is_verified_and_what_is_no_event_put_aside(tmp_path: Path, name: str) -> None:
    dressed = sealed if "sealed" in name else plain
    async with door(name, tmp_path) as there:
        status, told, _ = await there.bring(dressed(CHECK), [])
        assert (status, json.loads(told)) == (200, {"challenge": "c-1"})
        assert (await there.bring(b"{" + b" " * 2_000_000, []))[0] == 413
        body = dressed({"token": VERIFICATION, "type": "event_callback"})
        assert (await there.bring(body, list(signature(body).items())))[:2] == (200, b"{}")
        assert list(there.stored().values()) == ["quarantined"]


async def test_a_press_on_feishu_is_answered_with_its_notice(tmp_path: Path) -> None:
    talk = Echo(
        reply=lambda m: [Reply([Run("答")], [[Button("更多", "m:1:0")]])],
        press_reply=lambda p: [Reply([Run("上下文在此")], edits=p.message_id, notice="好")],
    )
    async with door("feishu", tmp_path, talk) as there:
        await there.bring(*there.question())
        await there.server.until(there.heard)
        card = next(iter(there.server.said.values()))
        _, told, _ = await there.bring(plain(events.press(card.button("更多"), card.id)), [])
        assert json.loads(told) == {"toast": {"type": "info", "content": "好"}}
        await there.server.until(lambda: card.text == "上下文在此")


async def test_a_slow_sender_is_cut_off_while_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.receiving.BODY_SECONDS", 0.5)
    async with door("telegram", tmp_path) as there:
        port = int(there.url.split(":")[2].split("/")[0])
        head = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 50\r\n\r\n"
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _, writer in slow:
            writer.write(head.encode())
        assert (await there.bring(UPDATE, KNOWN))[0] == 200
        await there.server.until(there.heard)
        for reader, writer in slow:
            assert (await reader.readline()).split()[1] == b"408"
            writer.close()
