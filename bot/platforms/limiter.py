"""How fast we may speak: over all, to one chat, to one group (Bot API FAQ, "My bot is hitting limits").

Each limit is a generic cell rate algorithm (ATM Forum TM 4.0): a window of W seconds never holds more than
burst + W / interval calls, so the figures below keep under 30 in a second, 20 in a group's minute.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.sharing import Rate

OVERALL = Rate(1 / 25, 3)
PER_CHAT = Rate(1.0, 3)
PER_GROUP = Rate(4.0, 4)


class Limiter:
    """The limits of a process that is alone: a `bot.sharing.Limits`; `clock` counts seconds and never goes back."""

    def __init__(
        self,
        clock: Callable[[], float],
        overall: Rate = OVERALL,
        per_chat: Rate = PER_CHAT,
        per_group: Rate = PER_GROUP,
    ) -> None:
        self._clock = clock
        self._overall = overall
        self._per_chat = per_chat
        self._per_group = per_group
        # After a restart nobody knows what was sent just before: begin as if the burst were spent.
        self._next_overall = clock() + overall.interval * overall.burst
        self._next: dict[tuple[str, Rate], float] = {}
        self._held: dict[str, float] = {}

    async def reserve_overall(self) -> float:
        """Take the next place in the overall row; return the seconds until it comes."""
        now = self._clock()
        self._next_overall, wait = _take(self._next_overall, self._overall, now)
        return wait

    async def take_spare(self) -> float:
        """Take an overall place that leaves the whole burst to others and return 0; or the seconds until one may come.

        Nothing is reserved: who speaks unasked never stands in the row before somebody who is answered.
        """
        now = self._clock()
        if now < self._next_overall:
            return self._next_overall - now
        self._next_overall = now + self._overall.interval
        return 0.0

    async def reserve(self, chat: str, group: bool) -> float:
        """Take the next place in a chat's row; return the seconds until it comes."""
        now = self._clock()
        self._sweep(now)
        waits = [self._held.get(chat, now) - now]
        for rate in (self._per_chat, self._per_group) if group else (self._per_chat,):
            key = (chat, rate)
            self._next[key], wait = _take(self._next.get(key, 0.0), rate, now)
            waits.append(wait)
        return max(waits)

    async def hold(self, chat: str, seconds: float) -> None:
        """Keep silent in a chat for so long (a 429), and in no other."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._clock() + seconds)

    async def held(self, chat: str) -> float:
        """Return the seconds for which a chat is still held, 0 if it is not."""
        return max(0.0, self._held.get(chat, 0.0) - self._clock())

    @property
    def held_chats(self) -> int:
        """How many chats are held now."""
        now = self._clock()
        return sum(until > now for until in self._held.values())

    def _sweep(self, now: float) -> None:
        if len(self._next) + len(self._held) < 2048:
            return
        self._next = {key: at for key, at in self._next.items() if at > now}
        self._held = {chat: until for chat, until in self._held.items() if until > now}


def _take(theoretical: float, rate: Rate, now: float) -> tuple[float, float]:
    """Return the next theoretical arrival time and the seconds to wait for this one."""
    at = max(theoretical, now)
    return at + rate.interval, max(0.0, at - rate.interval * (rate.burst - 1) - now)
