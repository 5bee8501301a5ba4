"""What `chuchu doctor` asks Telegram: the token, the clock, and whether something keeps updates away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from bot.platforms.calls import HttpAnswer, HttpClient
from bot.platforms.checkup import advice, clock, host_of, tried, well, wrong
from bot.ports import Finding

SECONDS = 10.0


async def examine(token: str, api: str, webhook: str | None) -> AsyncIterator[Finding]:
    """Look whether a bot can serve; `webhook` is the address that updates are to be brought to, None for polling."""
    async with HttpClient(connections=2, seconds=SECONDS) as http:
        answer = await tried(lambda: http.call("POST", f"{api}/bot{token}/getMe"), api, "CHUCHU_TELEGRAM_API")
        if isinstance(answer, Finding):
            yield answer
            return
        yield well("reached", host_of(api))
        for finding in clock(answer.headers):
            yield finding
        me = _result(answer)
        if me is None:
            yield wrong("telegram_token_refused", f"HTTP {answer.status}")
            return
        yield well("bot_named", f"@{me.get('username', '')}")
        if not me.get("supports_inline_queries"):
            yield advice("telegram_no_inline")
        told = await tried(
            lambda: http.call("POST", f"{api}/bot{token}/getWebhookInfo"), api, "CHUCHU_TELEGRAM_API"
        )
        yield told if isinstance(told, Finding) else _receiving(_result(told) or {}, webhook)


def _receiving(info: Mapping[str, object], webhook: str | None) -> Finding:
    """Whether updates come as the settings want them."""
    if webhook is None:
        return advice("telegram_webhook_set") if info.get("url") else well("receiving_ready")
    if info.get("last_error_message"):
        return wrong("telegram_webhook_failing", str(info["last_error_message"]))
    return well("receiving_ready")


def _result(answer: HttpAnswer) -> Mapping[str, object] | None:
    parsed = answer.json
    result = parsed.get("result") if isinstance(parsed, dict) and parsed.get("ok") is True else None
    return result if isinstance(result, dict) else None
