"""What `chuchu doctor` finds about Matrix: each trouble is one finding, and has its sentence in every language."""

from __future__ import annotations

from bot.platforms.matrix.checkup import examine
from bot.ports import Finding, Severity
from bot.texts import phrases
from tests.bot.matrix.service import ANN
from tests.matrix import server as faults
from tests.matrix.server import ME, TOKEN, Garbage, homeserver
from tests.net import free_port


async def found(server: str, token: str = TOKEN) -> list[Finding]:
    findings = [finding async for finding in examine(server, token)]
    for finding in findings:
        for language in ("zh-Hans", "zh-Hant", "en"):
            said = phrases(language).doctor.findings[finding.told].format(*finding.values)
            assert TOKEN not in said
    return findings


async def test_all_is_well_and_encrypted_rooms_are_told() -> None:
    async with homeserver() as server:
        server.room(ANN)
        assert [(f.severity, f.told) for f in await found(server.url)] == [
            (Severity.WELL, "reached"),
            (Severity.WELL, "clock_right"),
            (Severity.WELL, "identity_known"),
            (Severity.WELL, "receiving_ready"),
        ]
        server.room(ANN, encrypted=True)
        findings = await found(server.url)
    assert findings[2].values == (ME,)
    assert findings[-1] == Finding(Severity.ADVICE, "matrix_encrypted_rooms", ("1",))


async def test_each_trouble_is_the_last_finding() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    (unreached,) = await found(nowhere)
    assert (unreached.severity, unreached.told, unreached.values[2]) == (
        Severity.WRONG,
        "unreachable",
        "CHUCHU_MATRIX_SERVER",
    )
    async with homeserver() as server:
        server.fail("/versions", Garbage(b"<html>", 200))
        assert (await found(server.url))[-1].told == "matrix_no_server"
        assert (await found(server.url, "syt_old"))[-1].told == "matrix_token_refused"
        server.fail("/joined_rooms", faults.Refused(403, "M_FORBIDDEN"))
        assert (await found(server.url))[-1].told == "matrix_token_refused"
