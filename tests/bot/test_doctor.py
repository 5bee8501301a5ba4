"""`chuchu doctor`: one line says what is wrong and what to do, for every platform and in every language."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.platforms.client import clock_findings
from bot.platforms.feishu.client import Credentials
from bot.platforms.feishu.client import examine as examine_feishu
from bot.platforms.matrix.client import examine as examine_matrix
from bot.platforms.telegram.client import examine as examine_telegram
from bot.platforms.wecom.client import WeComOptions
from bot.platforms.wecom.client import examine as examine_wecom
from bot.ports import Finding, Presence, Severity
from bot.terminal.operations import sentence
from bot.texts import phrases
from tests.bot.telegram.service import Echo
from tests.bot.wecom import service as of_wecom
from tests.botapi import faults
from tests.botapi.server import TOKEN, bot_api
from tests.feishu.server import APP, SECRET, Fault, Feishu, feishu, flood
from tests.matrix.server import ME, Refused, homeserver
from tests.matrix.server import TOKEN as MATRIX_TOKEN
from tests.support.process import ROOT, chuchu
from tests.support.server import Garbage, free_port
from tests.wecom.server import BOT, Gateway, gateway
from tests.wecom.server import SECRET as WECOM_SECRET

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
WELL = ["reached", "clock_right", "identity_known", "bot_named", "permissions_given", "receiving_ready"]
WECOM_REACHED = ["reached", "clock_right", "receiving_ready"]


async def told(found: AsyncIterator[Finding], *severities: Severity) -> list[str]:
    """What is found, by its name; every finding can be said in every language, in one line, without a secret."""
    findings = [finding async for finding in found]
    for finding in findings:
        for language in LANGUAGES:
            said = sentence(finding, phrases(language).doctor)
            assert "\n" not in said
            assert not any(secret in said for secret in (SECRET, TOKEN, MATRIX_TOKEN, WECOM_SECRET, "canary"))
    return [finding.told for finding in findings if finding.severity in (severities or tuple(Severity))]


def lacking(scope: str) -> Callable[[Feishu], None]:
    return lambda server: server.scopes.discard(scope)


def failing(path: str, fault: Fault) -> Callable[[Feishu], None]:
    return lambda server: server.fail(path, fault, 9)


FEISHU: dict[str, tuple[Callable[[Feishu], None], list[str]]] = {
    "app unknown": (failing("token", Fault(10014, 200, "app secret invalid")), ["feishu_app_refused"]),
    "server down": (failing("token", Fault(status=502, body=b"<html>")), ["server_fault"]),
    "too many calls": (failing("token", flood(7)), ["limited"]),
    "connection cut": (failing("token", Fault(abort=True)), ["unreachable"]),
    "no bot": (failing("bot/v3/info", Fault(11205, 400, "app do not have bot")), ["feishu_no_bot"]),
    "may not speak": (lacking("im:message:send_as_bot"), ["feishu_permission", "feishu_permission"]),
    "hears no private chat": (lacking("im:message.p2p_msg:readonly"), ["feishu_permission"]),
    "long connection off": (failing("endpoint", Fault(1000040345, 200, "no")), ["feishu_no_long_connection"]),
    "address gone": (
        failing("endpoint", Fault(status=200, body=b'{"code":0,"data":{}}')),
        ["feishu_no_long_connection"],
    ),
}


async def test_feishus_troubles_are_each_named() -> None:
    for trouble, (break_it, wanted) in FEISHU.items():
        async with feishu() as server:
            break_it(server)
            found = examine_feishu(Credentials(APP, SECRET), server.url, long_connection=True)
            assert await told(found, Severity.WRONG) == wanted, trouble


async def test_feishu_as_it_should_be_and_what_could_be_better() -> None:
    async with feishu() as server:
        app = Credentials(APP, SECRET)
        assert await told(examine_feishu(app, server.url, long_connection=True)) == WELL
        assert await told(examine_feishu(app, server.url, long_connection=False), Severity.ADVICE) == [
            "feishu_callback_unseen"
        ]
        server.scopes.discard("im:resource")
        assert await told(examine_feishu(app, server.url, True), Severity.ADVICE) == ["feishu_permission"]
        server.fail("scopes", Fault(99991672, 400, "No permission"), 9)
        assert await told(examine_feishu(app, server.url, True), Severity.ADVICE) == ["permissions_unseen"]
        assert server.handshakes == 0, "whoever connects is brought events"


async def test_telegrams_troubles_are_each_named() -> None:
    async with bot_api() as api:
        assert (await told(examine_telegram(TOKEN, api.url, None)))[:3] == [
            "reached",
            "clock_right",
            "bot_named",
        ]
        api.fail("getMe", faults.UNAUTHORIZED)
        assert await told(examine_telegram(TOKEN, api.url, None), Severity.WRONG) == [
            "telegram_token_refused"
        ]
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert await told(examine_telegram(TOKEN, nowhere, None)) == ["unreachable"]


async def test_whoever_serves_wecom_here_or_perhaps_elsewhere_keeps_its_place(tmp_path: Path) -> None:
    async with gateway() as server, of_wecom.serving(server, tmp_path, Echo()):
        assert await told(wecom_by(server, Presence.HERE)) == WECOM_REACHED
        perhaps = [finding async for finding in wecom_by(server, Presence.PERHAPS_ELSEWHERE)]
        assert [finding.told for finding in perhaps] == [*WECOM_REACHED, "wecom_secret_untried"]
        assert [finding.severity for finding in perhaps] == [*[Severity.WELL] * 3, Severity.ADVICE]
        await server.say("新桥")
        await server.until(lambda: server.said)
        assert server.subscriptions == 1


async def test_where_nobody_serves_wecoms_secret_is_tried_and_its_troubles_named() -> None:
    async with gateway() as server:
        reached, right, ready = WECOM_REACHED
        well = await told(wecom_by(server), Severity.WELL)
        assert well == [reached, right, "wecom_secret_right", ready]
        assert server.subscriptions == 1
        await server.until(lambda: not server.online)
        assert await told(wecom_by(server, secret="wrong"), Severity.WRONG) == ["wecom_secret_refused"]
    nowhere = examine_wecom(
        WeComOptions(BOT, WECOM_SECRET, f"http://127.0.0.1:{free_port()}"), Presence.NOBODY
    )
    assert await told(nowhere) == ["unreachable"]
    async with homeserver() as other:
        there = examine_wecom(WeComOptions(BOT, WECOM_SECRET, f"{other.url}/"), Presence.NOBODY)
        assert (await told(there, Severity.WRONG)) == ["wecom_no_connection"]
        other.complaints.clear()


def wecom_by(
    server: Gateway, presence: Presence = Presence.NOBODY, secret: str = WECOM_SECRET
) -> AsyncIterator[Finding]:
    return examine_wecom(WeComOptions(BOT, secret, server.url), presence)


async def test_matrix_as_it_should_be_and_its_troubles_are_each_the_last_finding() -> None:
    async with homeserver() as server:
        server.room("@ann:here")
        findings = [finding async for finding in examine_matrix(server.url, MATRIX_TOKEN)]
        assert [finding.told for finding in findings] == [*WELL[:3], "receiving_ready"]
        assert (findings[2].values, {finding.severity for finding in findings}) == ((ME,), {Severity.WELL})
        server.room("@ann:here", encrypted=True)
        *_, advice = [finding async for finding in examine_matrix(server.url, MATRIX_TOKEN)]
        assert advice == Finding(Severity.ADVICE, "matrix_encrypted_rooms", ("1",))
        assert await told(examine_matrix(server.url, "syt_old"), Severity.WRONG) == ["matrix_token_refused"]
        for path, fault, wanted in (
            ("/versions", Garbage(b"<html>"), "matrix_no_server"),
            ("/joined_rooms", Refused(403, "M_FORBIDDEN"), "matrix_token_refused"),
        ):
            server.fail(path, fault)
            assert (await told(examine_matrix(server.url, MATRIX_TOKEN)))[-1] == wanted
    (unreached,) = [f async for f in examine_matrix(f"http://127.0.0.1:{free_port()}", MATRIX_TOKEN)]
    named = (unreached.severity, unreached.told, unreached.values[2])
    assert named == (Severity.WRONG, "unreachable", "CHUCHU_MATRIX_SERVER")


def test_the_clock_is_compared_with_the_servers() -> None:
    headers, noon = {"Date": "Sat, 28 Nov 2026 12:00:00 GMT"}, 1795867200
    for wanted, aheads in {
        "clock_right": (0, 59, -59),
        "clock_ahead": (90,),
        "clock_behind": (-3600,),
    }.items():
        for ahead in aheads:
            found = clock_findings(headers, lambda: noon + ahead)  # noqa: B023  at once
            assert [finding.told for finding in found] == [wanted], ahead
    assert list(clock_findings({})) == list(clock_findings({"Date": "soon"})) == []


@pytest.mark.parametrize("language", ["zh-Hant", "en"])
async def test_the_command_says_it_line_by_line_and_by_its_exit_code(tmp_path: Path, language: str) -> None:
    async with feishu() as server, bot_api() as api:
        given = {
            "CHUCHU_LANGUAGE": language,
            "CHUCHU_FEISHU_APP_ID": APP,
            "CHUCHU_FEISHU_APP_SECRET": "canary-wrong-secret",
            "CHUCHU_FEISHU_API": server.url,
            "CHUCHU_TELEGRAM_TOKEN": TOKEN,
            "CHUCHU_TELEGRAM_API": api.url,
        }
        done = await asyncio.to_thread(chuchu, tmp_path, "doctor", stdin=b"", **given)
        out = (done.stdout + done.stderr).decode()
        assert done.returncode == 1
        lines = out.splitlines()
        (wrong,) = [line for line in lines if line.startswith("✗")]
        assert "10014" in wrong and "CHUCHU_FEISHU_APP_SECRET" in wrong
        assert len({line.split()[1] for line in lines}) == 2
        assert all(line[0] in "✓!✗" for line in lines)
        assert "canary" not in out and TOKEN not in out
        assert ("请" in wrong or "請" in wrong) is (language != "en")


def test_every_finding_has_its_words_and_every_words_their_finding() -> None:
    where = [*(ROOT / "bot/platforms").rglob("*.py"), ROOT / "bot/terminal/operations.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in where)
    named = set(re.findall(r'\b(?:well|wrong|advice|finding)\(\s*"([a-z_]+)"', code))
    named |= set(re.findall(r'"(clock_[a-z]+)"', code))
    for language in LANGUAGES:
        assert set(phrases(language).doctor.findings) == named
