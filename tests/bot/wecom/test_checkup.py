"""What `chuchu doctor` finds about WeCom, without putting out the bot that serves."""

from __future__ import annotations

from pathlib import Path

from bot.platforms.wecom.checkup import examine
from bot.ports import Presence, Severity
from bot.texts import phrases
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.matrix.server import homeserver
from tests.net import free_port
from tests.wecom.server import BOT, SECRET, gateway

REACHED = [(Severity.WELL, "reached"), (Severity.WELL, "clock_right"), (Severity.WELL, "receiving_ready")]


async def found(
    address: str, presence: Presence = Presence.NOBODY, secret: str = SECRET
) -> list[tuple[Severity, str]]:
    findings = [finding async for finding in examine(address, BOT, secret, presence)]
    for finding in findings:
        for language in ("zh-Hans", "zh-Hant", "en"):
            assert phrases(language).doctor.findings[finding.told].format(*finding.values)
    return [(finding.severity, finding.told) for finding in findings]


async def test_whoever_serves_here_or_perhaps_elsewhere_keeps_its_place(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()):
        assert await found(server.url, Presence.HERE) == REACHED
        assert await found(server.url, Presence.PERHAPS_ELSEWHERE) == [
            *REACHED,
            (Severity.ADVICE, "wecom_secret_untried"),
        ]
        await server.say("新桥")
        await server.until(lambda: server.said)
        assert server.subscriptions == 1


async def test_where_nobody_serves_the_secret_is_tried() -> None:
    async with gateway() as server:
        assert await found(server.url) == [*REACHED[:2], (Severity.WELL, "wecom_secret_right"), REACHED[2]]
        assert server.subscriptions == 1
        await server.until(lambda: not server.online)
        assert (await found(server.url, secret="wrong"))[-1] == (Severity.WRONG, "wecom_secret_refused")


async def test_each_trouble_is_the_last_finding() -> None:
    assert await found(f"http://127.0.0.1:{free_port()}") == [(Severity.WRONG, "unreachable")]
    async with homeserver() as other:
        assert (await found(f"{other.url}/"))[-1] == (Severity.WRONG, "wecom_no_connection")
        other.complaints.clear()
