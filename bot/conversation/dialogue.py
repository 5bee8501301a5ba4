"""The conversation: says who is answered and which handler answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.asking import Asking
from bot.conversation.commands import Command, command
from bot.conversation.lookup import Lookup, TooSlow
from bot.conversation.pressing import Pressing
from bot.conversation.shown import ShownAnswers
from bot.messages import InlineAnswer, InlineQuery, Message, Press, Reply, Run, SenderKind
from bot.rendering.fact import Links, no_links
from bot.texts import Phrases, phrases

log = logging.getLogger(__name__)

Handler = Callable[[Message, Command], Awaitable[Sequence[Reply]]]
PressHandler = Callable[[Press], Awaitable[Sequence[Reply]]]


class Dialogue:
    """Implements `bot.messages.Conversation`.

    `commands` adds handlers by command name; `presses` by the first word of a button's data, up to a colon.
    """

    def __init__(
        self,
        lookup: Lookup,
        shown: ShownAnswers,
        clock: Callable[[], datetime],
        links: Links = no_links,
        commands: Mapping[str, Handler] | None = None,
        presses: Mapping[str, PressHandler] | None = None,
    ) -> None:
        self._lookup = lookup
        self._asking = Asking(lookup, shown, links, clock)
        self._pressing = Pressing(self._asking, lookup, shown, links)
        self._commands: dict[str, Handler] = {
            "start": self._say_start,
            "help": self._say_help,
            "about": self._say_about,
            "find": self._find,
            **(commands or {}),
        }
        self._presses = dict(presses or {})

    async def message(self, message: Message) -> Sequence[Reply]:
        """Answer a message; empty means silence."""
        if not message.addressed or message.sender.kind in (SenderKind.BOT, SenderKind.AUTO_FORWARD):
            return ()
        typed = command(message.text)
        try:
            if typed and typed.name in self._commands:
                return await self._commands[typed.name](message, typed)
            return [await self._ask(message, message.text)]
        except TooSlow:
            return [Reply([Run(_spoken(message).too_slow)])]
        except Exception:
            log.exception("message %s in chat %s could not be answered", message.id, message.chat.id)
            return [Reply([Run(_spoken(message).failed)])]

    async def press(self, press: Press) -> Sequence[Reply]:
        """Answer a button."""
        said = phrases(press.sender.language)
        kind, colon, _ = press.data.partition(":")
        try:
            if colon and kind in self._presses:
                return await self._presses[kind](press)
            return await self._pressing.press(press, said)
        except TooSlow:
            return [Reply([], toast=said.too_slow)]
        except Exception:
            log.exception("button %s could not be answered", press.id)
            return [Reply([], toast=said.failed)]

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        """Answer an inline query."""
        return InlineAnswer(())

    async def _ask(self, message: Message, query: str) -> Reply:
        reply = await self._asking.answer(query, message.chat, message.sender, _spoken(message))
        return replace(reply, quotes=message.id)

    async def _find(self, message: Message, typed: Command) -> Sequence[Reply]:
        return [await self._ask(message, typed.rest)]

    async def _say_start(self, message: Message, typed: Command) -> Sequence[Reply]:
        return [Reply([Run(_spoken(message).start)])]

    async def _say_help(self, message: Message, typed: Command) -> Sequence[Reply]:
        return [Reply([Run(_spoken(message).help)])]

    async def _say_about(self, message: Message, typed: Command) -> Sequence[Reply]:
        articles, facts = await self._lookup.read(
            lambda snapshot: (sum(1 for _ in snapshot.articles()), sum(1 for _ in snapshot.facts()))
        )
        return [Reply([Run(_spoken(message).about.format(articles=articles, facts=facts))])]


def _spoken(message: Message) -> Phrases:
    return phrases(message.sender.language)
