"""Aliases given in chat: checked like a line of the file, kept, and known at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.state.questions import ChatAlias, ChatAliases
from bot.texts import reworded
from bot.texts.phrases import AdminPhrases
from knowledge.query.aliases import KNOWN, Aliases, parse_aliases
from knowledge.snapshot import SnapshotHolder

MOST_ALIASES = 2_000


class AliasRefused(Exception):
    """The names cannot be taken; the text says why and what to do, in the language of whoever gave them."""


class AliasService:
    """The groups given in chat, taught to whatever snapshot serves."""

    def __init__(self, kept: ChatAliases, store: SnapshotHolder, clock: Callable[[], datetime]) -> None:
        self._kept = kept
        self._store = store
        self._clock = clock
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Teach what is kept."""
        self._store.set_aliases(Aliases([alias.names for alias in await self._kept.all()]))

    async def add(self, words: str, said: AdminPhrases) -> tuple[str, ...]:
        """Take a group, written `CIIE 进博会` or, for names with spaces, `CIIE = 进博会`; return its names.

        Raises:
            AliasRefused: a name is missing, a stop word, or the names mean the same already.
        """
        async with self._turn:
            if len(await self._kept.all()) >= MOST_ALIASES:
                raise AliasRefused(said.aliases_full.format(MOST_ALIASES))
            names = self._read(words, said)
            await self._kept.add(names, self._clock())
            await self.load()
            return names

    async def remove(self, number: int) -> bool:
        async with self._turn:
            gone = await self._kept.remove(number)
            await self.load()
            return gone

    async def all(self) -> list[ChatAlias]:
        return await self._kept.all()

    def _read(self, words: str, said: AdminPhrases) -> tuple[str, ...]:
        apart = words.replace("＝", "=")
        line = apart if "=" in apart else " = ".join(apart.split())
        with self._store.lease() as snapshot:
            known, problems = parse_aliases(
                line.replace("#", " "), "/alias", snapshot.language.fold, snapshot.aliases
            )
        if problems:
            known_already = problems[0].reason == KNOWN
            reason = reworded(problems[0].reason, said.language)
            raise AliasRefused(said.alias_known if known_already else reason)
        if len(known.groups) != 1:
            raise AliasRefused(said.two_names)
        return known.groups[0]
