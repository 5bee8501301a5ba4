"""WeCom's own client at our gateway, over TLS: what it says our gateway takes, and what we say has the same form."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.messages import Button, Message, Reply, Run
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.wecom.server import BOT, SECRET, Gateway, Json, gateway

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    aibot = pytest.importorskip("aibot", reason="wecom-aibot-python-sdk is not installed: make sdks")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    ),  # it leaves its tasks behind
]


def certificate(folder: Path) -> Path:
    """A certificate of this machine's own address, with its key; made for one test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "here.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Quiet:
    """A log that nobody reads."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args: None


@asynccontextmanager
async def vendors_client(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Any, Gateway]]:
    """WeCom's client, connected to our gateway."""
    pem = certificate(folder)
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(pem)
    monkeypatch.setattr("aibot.ws._SSL_CONTEXT", ssl.create_default_context(cafile=str(pem)))
    async with gateway(here) as server:
        options = aibot.WSClientOptions(
            BOT, SECRET, ws_url=server.url.replace("https", "wss"), heartbeat_interval=100, logger=Quiet()
        )
        there = aibot.WSClient(options)
        await there.connect()
        await server.until(lambda: server.online)
        try:
            yield there, server
        finally:
            there.disconnect()
            await asyncio.sleep(0.2)


def form(value: object) -> object:
    """The names in a frame, and of what type each is."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    return [form(value[0])] if isinstance(value, list) else type(value).__name__


def forms(server: Gateway) -> dict[str, object]:
    """The form of each command that was sent, messages by their kind."""
    return {
        f"{frame['cmd']} {frame.get('body', {}).get('msgtype', '')}": form(frame) for frame in server.frames
    }


async def test_the_vendors_client_is_understood_and_we_say_everything_as_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with vendors_client(tmp_path, monkeypatch) as (there, server):

        async def on_text(frame: Json) -> None:
            card = {
                "card_type": "button_interaction",
                "main_title": {"title": "答"},
                "button_list": [{"text": "原文", "style": 2, "key": "s:1"}],
                "task_id": "t1",
            }
            await there.reply_stream(frame, "stream", "答", True)
            body = {"msgtype": "template_card", "template_card": card, "chat_type": 1}
            await there.send_message("ann", body)
            await there.send_message(
                "ann", {"msgtype": "markdown", "markdown": {"content": "完"}, "chat_type": 1}
            )

        there.on("message.text", on_text)
        await server.say("新桥")
        await server.until(lambda: len(server.said) == 3 and "ping" in [f["cmd"] for f in server.frames])
        assert server.shown() == ["答\n原文", "完"]
        theirs = forms(server)

    def reply(message: Message) -> list[Reply]:
        return [Reply([Run("答")], [[Button("原文", "s:1")]]), Reply([Run("完")])]

    async with gateway() as server, serving(server, tmp_path, Echo(reply=reply), ping_seconds=0.5):
        await server.say("新桥")
        await server.until(lambda: len(server.said) == 3 and "ping" in [f["cmd"] for f in server.frames])
        assert server.shown() == ["答\n原文", "完"]
        ours = forms(server)
    assert ours == theirs


async def test_the_vendors_client_reads_a_press_as_we_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed: list[Json] = []
    async with vendors_client(tmp_path, monkeypatch) as (there, server):
        there.on("event.template_card_event", pressed.append)
        await server.press("s:1")
        await server.until(lambda: pressed)
    assert pressed[0]["body"]["event"]["template_card_event"]["event_key"] == "s:1"
