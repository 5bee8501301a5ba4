"""Events by callback: signed, sealed, and from nobody but Feishu."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.messages import ButtonPress, Conversation, Reply, Run
from tests.bot.feishu.service import ENCRYPT, VERIFICATION, serving, site
from tests.bot.feishu.test_journey import ANSWER, endings
from tests.bot.telegram.service import Echo
from tests.feishu.events import ANN, Json, message, press
from tests.feishu.server import Feishu, feishu


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
    return {
        "X-Lark-Request-Timestamp": "1700000000",
        "X-Lark-Request-Nonce": "nonce",
        "X-Lark-Signature": signed,
    }


class Courier:
    """Brings events to the address that it was told."""

    def __init__(self, server: Feishu, address: str, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._address = address
        self._session = session

    async def bring(self, body: bytes | Json, headers: dict[str, str] | None = None) -> tuple[int, Json]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self._session.post(self._address, data=BytesIO(data), headers=headers) as answer:
            told = await answer.read()
            return answer.status, json.loads(told) if told.startswith(b"{") else {}


@asynccontextmanager
async def calling(folder: Path, conversation: Conversation, encrypt_key: str = "") -> AsyncIterator[Courier]:
    async with (
        feishu() as server,
        serving(
            server, folder, conversation, verification_token=VERIFICATION, encrypt_key=encrypt_key
        ) as service,
        site(service) as address,
        aiohttp.ClientSession() as session,
    ):
        await server.until(lambda: service.problem() is None)
        yield Courier(server, address, session)


CHECK: Json = {"type": "url_verification", "challenge": "c-1", "token": VERIFICATION}


@pytest.mark.parametrize("seal", [False, True])
async def test_the_address_is_verified_and_an_event_answered_once(tmp_path: Path, seal: bool) -> None:
    def dressed(event: Json) -> bytes:
        return sealed(event) if seal else json.dumps(event).encode()

    async with calling(tmp_path, Echo(), ENCRYPT if seal else "") as courier:
        assert await courier.bring(dressed(CHECK)) == (200, {"challenge": "c-1"})
        event = message("问")
        for _ in range(2):
            body = dressed(event)
            assert await courier.bring(body, signature(body)) == (200, {})
        await courier.server.until(lambda: courier.server.texts(ANN))
        assert courier.server.texts(ANN) == ["答：问"]
        assert courier.server.handshakes == 0, "no long connection beside it"


async def test_a_press_is_answered_with_its_notice(tmp_path: Path) -> None:
    def pressing(one: ButtonPress) -> list[Reply]:
        return [Reply([Run("上下文在此")], edits=one.message_id, notice="好")]

    async with calling(tmp_path, Echo(reply=lambda m: [ANSWER], press_reply=pressing)) as courier:
        await courier.bring(message("问"))
        await courier.server.until(lambda: courier.server.texts(ANN))
        card = next(iter(courier.server.said.values()))
        assert await courier.bring(press(card.button("更多"), card.id)) == (
            200,
            {"toast": {"type": "info", "content": "好"}},
        )
        await courier.server.until(lambda: card.text == "上下文在此")


def with_token(token: object) -> Json:
    event = message("问")
    event["header"]["token"] = token
    return event


FORGED: dict[str, tuple[bytes, dict[str, str]]] = {
    "another token": (json.dumps(with_token("guess")).encode(), {}),
    "no token": (json.dumps(with_token(None)).encode(), {}),
    "token of a wrong type": (json.dumps(with_token(["x"])).encode(), {}),
    "a check with another token": (json.dumps({**CHECK, "token": "guess"}).encode(), {}),
    "no JSON": (b"\xff", {}),
    "nothing": (b"", {}),
    "a list": (b"[]", {}),
}
UNSEALED: dict[str, tuple[bytes, dict[str, str]]] = {
    "plain, where it is to be sealed": (json.dumps(message("问")).encode(), {}),
    "sealed with another key": (sealed(message("问"), "guess"), signature(sealed(message("问"), "guess"))),
    "not signed": (sealed(message("问")), {}),
    "signed with another key": (body := sealed(message("问")), signature(body, "guess")),
    "cut off": (b'{"encrypt":"AAAA"}', signature(b'{"encrypt":"AAAA"}')),
    "no base64": (b'{"encrypt":"\xe4"}', {}),
}


@pytest.mark.parametrize(("body", "headers"), FORGED.values(), ids=FORGED.keys())
async def test_what_feishu_did_not_send_is_turned_away(
    tmp_path: Path, body: bytes, headers: dict[str, str]
) -> None:
    async with calling(tmp_path, Echo()) as courier:
        assert (await courier.bring(body, headers))[0] == 401
        assert endings(tmp_path) == {}


@pytest.mark.parametrize(("body", "headers"), UNSEALED.values(), ids=UNSEALED.keys())
async def test_what_is_not_sealed_as_agreed_is_turned_away(
    tmp_path: Path, body: bytes, headers: dict[str, str]
) -> None:
    async with calling(tmp_path, Echo(), ENCRYPT) as courier:
        assert (await courier.bring(body, headers))[0] == 401
        assert endings(tmp_path) == {}


async def test_what_is_too_large_is_turned_away_and_what_is_no_event_put_aside(tmp_path: Path) -> None:
    async with calling(tmp_path, Echo()) as courier:
        assert (await courier.bring(b"{" + b" " * 2_000_000))[0] == 413
        assert await courier.bring({"token": VERIFICATION, "type": "event_callback"}) == (200, {})
        assert list(endings(tmp_path).values()) == ["quarantined"]
