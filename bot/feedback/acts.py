"""What learns, as acts of the admin API: `unanswered`, `alias`, `unalias`; the terminal does the same without it."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from bot.admin.http import Act, Asked, WrongRequest
from bot.admin.permissions import AuditLog, Permission
from bot.errors import StateError
from bot.feedback.aliases import AliasRefused, AliasService
from bot.feedback.questions import MissedQuestions, UnansweredQuestions
from bot.query_service import QueryService
from bot.rendering.fact import no_permalinks
from bot.runtime import now
from bot.state.people import open_pseudonymizer
from bot.state.questions import QuestionState, UnansweredQuestion
from bot.state.state import State
from bot.texts.phrases import AdminPhrases
from knowledge.snapshot import SnapshotHolder

MOST = 500
LISTED = 50


def learning_acts(
    unanswered: UnansweredQuestions,
    misses: MissedQuestions,
    book: AliasService,
    audit_log: AuditLog,
    said: AdminPhrases,
) -> dict[str, Act]:
    """Every act of this room, by its name."""
    return {
        "unanswered": unanswered_act(unanswered, misses, audit_log),
        "alias": alias_act(book, unanswered, audit_log, said),
        "unalias": unalias_act(book, audit_log, said),
    }


async def acts_over(
    state: State,
    data: Path,
    store: SnapshotHolder,
    lookup: QueryService,
    audit_log: AuditLog,
    said: AdminPhrases,
) -> dict[str, Act]:
    """The same acts over a state that nobody serves from; who waits for an answer is told at the next start."""
    pseudonyms = open_pseudonymizer(data)
    unanswered = UnansweredQuestions(state.questions, lookup, pseudonyms, no_permalinks, now, _nobody_sends)
    book = AliasService(state.aliases, store, now)
    await book.load()
    return learning_acts(unanswered, MissedQuestions(unanswered), book, audit_log, said)


def _nobody_sends() -> None:
    """What waits in the outgoing queue is sent by who serves next."""


def unanswered_act(unanswered: UnansweredQuestions, misses: MissedQuestions, audit_log: AuditLog) -> Act:
    """`unanswered`: the questions asked most in vain, `limit` of them (50)."""

    async def act(by: str, asked: Asked) -> tuple[int, JsonValue]:
        limit = asked.get("limit", LISTED)
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MOST:
            raise WrongRequest
        await misses.flush()
        questions = await unanswered.often(QuestionState.OPEN, limit)
        await audit_log.write(by, Permission.UNANSWERED, "shown")
        return 200, {"questions": [question_json(question) for question in questions]}

    return _or_why(act)


def alias_act(
    book: AliasService, unanswered: UnansweredQuestions, audit_log: AuditLog, said: AdminPhrases
) -> Act:
    """`alias`: takes `words`, two names of the same thing; without them lists what there is."""

    async def act(by: str, asked: Asked) -> tuple[int, JsonValue]:
        words = asked.get("words", "")
        if not isinstance(words, str):
            raise WrongRequest
        if not words:
            await audit_log.write(by, Permission.ALIAS, "shown")
            return 200, {"aliases": await aliases_json(book)}
        try:
            names = await book.add(words, said)
        except AliasRefused as denial:
            await audit_log.write(by, Permission.ALIAS, "nothing", words[:100])
            return 409, {"text": said.alias_refused.format(denial), "done": False}
        await audit_log.write(by, Permission.ALIAS, "done", " = ".join(names))
        told = await unanswered.look_again()
        waiting = said.will_be_told.format(told) if told else said.nobody_waits
        taken = said.alias_taken.format(" = ".join(names), waiting)
        return 200, {"text": taken, "done": True, "names": list(names)}

    return _or_why(act)


def unalias_act(book: AliasService, audit_log: AuditLog, said: AdminPhrases) -> Act:
    """`unalias`: forgets the group of a `number`."""

    async def act(by: str, asked: Asked) -> tuple[int, JsonValue]:
        number = asked.get("number")
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise WrongRequest
        gone = await book.remove(number)
        await audit_log.write(by, Permission.ALIAS, "done" if gone else "nothing", f"- {number}")
        return (200 if gone else 404), {"text": said.alias_gone if gone else said.no_alias, "done": gone}

    return _or_why(act)


def question_json(question: UnansweredQuestion) -> dict[str, JsonValue]:
    """A question as the API lists it: how often it was asked, by how many whom somebody knows, how many wait."""
    return {
        "question": question.text,
        "asked": question.asked,
        "askers": question.askers,
        "waiting": question.alerts,
    }


async def aliases_json(book: AliasService) -> list[JsonValue]:
    """Every group that was given in chat or here."""
    return [{"number": alias.number, "names": list(alias.names)} for alias in await book.all()]


def _or_why(act: Act) -> Act:
    async def told(by: str, asked: Asked) -> tuple[int, JsonValue]:
        try:
            return await act(by, asked)
        except StateError as error:
            return 503, {"text": str(error), "done": False}

    return told
