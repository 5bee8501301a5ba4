"""How fast all processes together may speak: the cell rate algorithm of `bot/platforms/limiter.py`, in PostgreSQL.

The times are the server's, so that every process reckons by one clock.
"""

from __future__ import annotations

from bot.sharing import Rate, Rates
from bot.state.postgres_writer import PostgresWriter

OVERALL = ""
RESERVE = """
WITH now AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS t),
taken AS (
    INSERT INTO pace AS p (platform, chat, next)
    SELECT %s, r.chat, now.t + r.pause FROM now, unnest(%s::text[], %s::float8[]) AS r (chat, pause) ORDER BY r.chat
    ON CONFLICT (platform, chat) DO UPDATE
    SET next = greatest(p.next, (SELECT t FROM now)) + excluded.next - (SELECT t FROM now)
    RETURNING chat, next)
SELECT taken.chat, taken.next - now.t FROM taken, now
"""
SPARE = """
WITH now AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS t),
first AS (INSERT INTO pace (platform, chat) VALUES (%s, %s) ON CONFLICT DO NOTHING),
taken AS (
    UPDATE pace SET next = now.t + %s FROM now WHERE platform = %s AND chat = %s AND next <= now.t RETURNING next)
SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN 0 ELSE greatest(0, p.next - now.t) END
FROM now, pace p WHERE p.platform = %s AND p.chat = %s
"""
HOLD = """
INSERT INTO pace AS p (platform, chat, held) VALUES (%s, %s, extract(epoch FROM clock_timestamp())::float8 + %s)
ON CONFLICT (platform, chat) DO UPDATE SET held = greatest(p.held, excluded.held)
"""
HELD = """
SELECT greatest(0, held - extract(epoch FROM clock_timestamp())::float8) FROM pace WHERE platform = %s AND chat = %s
"""


class SharedLimits:
    """A platform's limits over all processes.

    Every method raises InboxError where the database cannot be asked.
    """

    def __init__(self, writer: PostgresWriter, platform: str, rates: Rates) -> None:
        self._writer = writer
        self._platform = platform
        self._rates = rates

    async def reserve_overall(self) -> float:
        """Take the next place in the overall row; return the seconds until it comes."""
        return await self._reserve({OVERALL: self._rates.overall})

    async def take_spare(self) -> float:
        """Take an overall place that leaves the whole burst to others and return 0; or the seconds until one may come."""
        key = (self._platform, OVERALL)
        rows = await self._writer.ask(SPARE, *key, self._rates.overall.interval, *key, *key)
        return float(rows[0][0]) if rows else self._rates.overall.interval

    async def reserve(self, chat: str, group: bool) -> float:
        """Take the next place in a chat's row; return the seconds until it comes."""
        rates = {f"chat {chat}": self._rates.per_chat}
        if group:
            rates[f"group {chat}"] = self._rates.per_group
        return max(await self._reserve(rates), await self.held(chat))

    async def hold(self, chat: str, seconds: float) -> None:
        """Keep silent in a chat for so long, and in no other."""
        await self._writer.ask(HOLD, self._platform, f"chat {chat}", seconds)

    async def held(self, chat: str) -> float:
        """Return the seconds for which a chat is still held, 0 if it is not."""
        rows = await self._writer.ask(HELD, self._platform, f"chat {chat}")
        return float(rows[0][0]) if rows else 0.0

    async def _reserve(self, rates: dict[str, Rate]) -> float:
        pauses = [rate.interval for rate in rates.values()]
        rows = await self._writer.ask(RESERVE, self._platform, list(rates), pauses)
        # a row's next free time lies one interval behind the place that we took, and a burst may come at once
        return max(0.0, *(float(free) - rates[chat].interval * rates[chat].burst for chat, free in rows))
