"""Aliases that admins give, from whatever side: checked like a line of the file, audited, kept, and known at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.admin.permissions import AuditLog, Permission
from bot.state.questions import ChatAlias, ChatAliases
from bot.texts import reworded
from bot.texts.phrases import AdminPhrases
from knowledge.query.aliases import KNOWN, Aliases, parse_aliases
from knowledge.snapshot import SnapshotHolder

MOST_ALIASES = 2_000


class AliasRefused(Exception):
    """The names cannot be taken; the text says why and what to do, in the language of whoever gave them."""


@dataclass(frozen=True, slots=True)
class AliasOutcome:
    """What an admin is told; `names` are those that were taken."""

    text: str
    done: bool
    names: tuple[str, ...] = ()


class AliasService:
    """The groups given by admins, taught to whatever snapshot serves."""

    def __init__(
        self,
        kept: ChatAliases,
        store: SnapshotHolder,
        clock: Callable[[], datetime],
        audit_log: AuditLog,
        look_again: Callable[[], Awaitable[int]],
    ) -> None:
        """`look_again` tells who waits for an answer that there is one now; returns how many."""
        self._kept = kept
        self._store = store
        self._clock = clock
        self._audit_log = audit_log
        self._look_again = look_again
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Teach what is kept."""
        self._store.set_aliases(Aliases([alias.names for alias in await self._kept.all()]))

    async def shown(self, by: str) -> list[ChatAlias]:
        """What there is, for an admin to look at."""
        await self._audit_log.write(by, Permission.ALIAS, "shown")
        return await self._kept.all()

    async def add(self, by: str, words: str, said: AdminPhrases) -> AliasOutcome:
        """Take a group, written `CIIE 进博会` or, for names with spaces, `CIIE = 进博会`.

        None is taken where a name is missing or a stop word, or where they mean the same already.
        """
        try:
            async with self._turn:
                if len(await self._kept.all()) >= MOST_ALIASES:
                    raise AliasRefused(said.aliases_full.format(MOST_ALIASES))
                names = self._read(words, said)
                await self._kept.add(names, self._clock())
                await self.load()
        except AliasRefused as refused:
            await self._audit_log.write(by, Permission.ALIAS, "nothing", words)
            return AliasOutcome(said.alias_refused.format(refused), False)
        group = " = ".join(names)
        await self._audit_log.write(by, Permission.ALIAS, "done", group)
        told = await self._look_again()
        waiting = said.will_be_told.format(told) if told else said.nobody_waits
        return AliasOutcome(said.alias_taken.format(group, waiting), True, names)

    async def remove(self, by: str, typed: str, said: AdminPhrases) -> AliasOutcome:
        """Forget the group whose number was `typed`."""
        wanted, gone = typed.strip(), False
        if wanted.isascii() and wanted.isdigit():
            async with self._turn:
                gone = await self._kept.remove(int(wanted[:18]))
                await self.load()
        await self._audit_log.write(by, Permission.ALIAS, "done" if gone else "nothing", f"- {wanted[:40]}")
        return AliasOutcome(said.alias_gone if gone else said.no_alias, gone)

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
