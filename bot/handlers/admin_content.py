"""What admins do about what the articles lack: `/unanswered`, `/alias`, `/unalias`, `/stats`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.admin.context import AdminContext
from bot.admin.permissions import Permission
from bot.feedback.aliases import AliasService
from bot.feedback.questions import UnansweredQuestions
from bot.feedback.usage import UsageReporter
from bot.handlers.administration import admin_phrases
from bot.handlers.intents import TypedCommand
from bot.messages import Button, ButtonPress, Message, Reply, Run, text_reply
from bot.state.questions import ChatAlias, QuestionState, UnansweredQuestion
from bot.texts.phrases import AdminPhrases

QUESTION, POINT = "q", "qp"
BACK, ASIDE = "o", "b"  # put a question back, from under either list
SHOWN = 6
NEAREST = 5
SENTENCE = 80  # characters of a fact to choose
ROW = 4  # buttons
PUT_ASIDE = {"i": QuestionState.IGNORED, "w": QuestionState.AWAITED}


class FeedbackHandlers:
    """What admins do with what the bot could not answer."""

    def __init__(
        self,
        context: AdminContext,
        unanswered: UnansweredQuestions,
        book: AliasService,
        stats: UsageReporter,
    ) -> None:
        self._context = context
        self._unanswered = unanswered
        self._book = book
        self._stats = stats

    async def unanswered(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/unanswered`: the most asked questions, four buttons each; `/unanswered all` adds what was put aside."""
        said = admin_phrases(message.sender)
        replies = [await self._open(said), *([await self._aside(said)] if command.rest == "all" else [])]
        return await self._context.audited(Permission.UNANSWERED, message.actor, *replies)

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """A button under `/unanswered`: 别名, 指到, 忽略, 等文章, 放回, 撤销."""
        if (refused := await self._context.require_press(Permission.UNANSWERED, press)) is not None:
            return refused
        said, actor = admin_phrases(press.sender), str(press.actor)
        _, act, question_id = press.payload
        if act == "u":
            return await self._unpin(actor, question_id, said)
        question = await self._unanswered.get(question_id)
        if question is None:
            return [Reply([], notice=said.question_gone)]
        if act == "a":
            return [text_reply(said.alias_how.format(question.text))]
        if act == "p":
            return await self._context.audited(
                Permission.UNANSWERED, actor, await self._nearest(question, said)
            )
        state = PUT_ASIDE.get(act, QuestionState.OPEN)
        await self._unanswered.mark(question.id, state)
        await self._context.audit_log.write(actor, Permission.UNANSWERED, "done", f"{state} {question.text}")
        left = await (self._aside(said) if act == ASIDE else self._open(said))
        return [replace(left, edits=press.message_id)]

    async def pin(self, press: ButtonPress) -> Sequence[Reply]:
        """A button under the nearest facts: this one answers the question."""
        if (refused := await self._context.require_press(Permission.UNANSWERED, press)) is not None:
            return refused
        said, actor = admin_phrases(press.sender), str(press.actor)
        _, question_id, fact = press.payload
        pinned = await self._unanswered.pin(question_id, fact)
        if pinned is None:
            return [Reply([], notice=said.question_gone_pin)]
        question, told = pinned
        await self._context.audit_log.write(actor, Permission.UNANSWERED, "done", f"{fact} {question}")
        reply = text_reply(said.pinned.format(question, _told(told, said)))
        return [replace(reply, buttons=[[Button(said.undo, f"{QUESTION}:u:{question_id}")]])]

    async def alias(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/alias CIIE 进博会`; alone it lists what was given in chat."""
        said, actor = admin_phrases(message.sender), message.actor
        if not command.rest:
            return [text_reply(_aliases(await self._book.shown(actor), said))]
        return [text_reply((await self._book.add(actor, command.rest, said)).text)]

    async def unalias(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/unalias 3`, by the number that `/alias` shows."""
        said = admin_phrases(message.sender)
        return [text_reply((await self._book.remove(message.actor, command.rest, said)).text)]

    async def stats(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/stats`: thirty days as text and as a picture."""
        said, figures = admin_phrases(message.sender), await self._stats.figures()
        replies = [text_reply(figures.text(said))]
        if figures.days and (picture := await self._stats.picture(figures, said)):
            replies.append(Reply([Run(said.last_days)], picture=picture))
        return await self._context.audited(Permission.STATS, message.actor, *replies)

    async def _unpin(self, actor: str, question_id: str, said: AdminPhrases) -> Sequence[Reply]:
        question = await self._unanswered.unpin(question_id)
        if question is None:
            return [Reply([], notice=said.undone_already)]
        await self._context.audit_log.write(actor, Permission.UNANSWERED, "done", f"- {question}")
        return [Reply([], notice=said.undone)]

    async def _open(self, said: AdminPhrases) -> Reply:
        waiting = await self._unanswered.often(QuestionState.AWAITED, SHOWN)
        return _list(await self._unanswered.often(limit=SHOWN), waiting, said)

    async def _aside(self, said: AdminPhrases) -> Reply:
        ignored = await self._unanswered.often(QuestionState.IGNORED, 3 * SHOWN)
        pinned = await self._unanswered.pinned_answers(3 * SHOWN)
        lines = [_line(question, said) for question in ignored]
        lines += [f"{one.text} → {one.fact[:SENTENCE] or said.no_such_fact}" for one in pinned]
        buttons = [
            Button(said.put_back_question.format(n), f"{QUESTION}:{ASIDE}:{question.id}")
            for n, question in enumerate(ignored, 1)
        ]
        after = len(ignored) + 1
        buttons += [
            Button(said.undo_pin.format(n), f"{QUESTION}:u:{one.id}") for n, one in enumerate(pinned, after)
        ]
        text = [said.put_aside, *(f"{n}. {line}" for n, line in enumerate(lines, 1))]
        return Reply([Run("\n".join(text))], _rows(buttons)) if lines else text_reply(said.nothing_aside)

    async def _nearest(self, question: UnansweredQuestion, said: AdminPhrases) -> Reply:
        hits = await self._unanswered.near(question, NEAREST)
        if not hits:
            return text_reply(said.nothing_near.format(question.text))
        lines = [f"{n}. {hit.fact.text[:SENTENCE]}" for n, hit in enumerate(hits, 1)]
        data = [f"{POINT}:{question.id}:{hit.fact.id}" for hit in hits]
        buttons = [Button(str(n), at) for n, at in enumerate(data, 1)]
        return Reply([Run("\n".join([said.which_answers.format(question.text), *lines]))], [buttons])


def _aliases(kept: Sequence[ChatAlias], said: AdminPhrases) -> str:
    lines = [f"{alias.number}. {' = '.join(alias.names)}" for alias in kept]
    how = said.alias_usage
    return "\n".join([said.aliases, *lines, how]) if lines else f"{said.no_aliases}{how}"


def _list(
    questions: Sequence[UnansweredQuestion], waiting: Sequence[UnansweredQuestion], said: AdminPhrases
) -> Reply:
    lines = [f"{n}. {_line(question, said)}" for n, question in enumerate(questions, 1)]
    head = said.unanswered if lines else said.no_unanswered
    after = len(questions) + 1
    tail = [f"{n}. {_line(question, said)}" for n, question in enumerate(waiting, after)]
    acts = (("a", said.to_alias), ("p", said.to_pin), ("i", said.to_ignore), ("w", said.to_await))
    buttons = [
        [Button(f"{n} {label}", f"{QUESTION}:{act}:{question.id}") for act, label in acts]
        for n, question in enumerate(questions, 1)
    ]
    back = [
        Button(said.put_back_question.format(n), f"{QUESTION}:{BACK}:{question.id}")
        for n, question in enumerate(waiting, after)
    ]
    text = [head, *lines, *([said.awaited, *tail] if tail else []), said.unanswered_all]
    return Reply([Run("\n".join(text))], [*buttons, *_rows(back)])


def _rows(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    return [buttons[first : first + ROW] for first in range(0, len(buttons), ROW)]


def _line(question: UnansweredQuestion, said: AdminPhrases) -> str:
    alerts = said.waiting_chats.format(question.alerts) if question.alerts else ""
    return said.question_line.format(question.text, question.asked, question.askers, alerts)


def _told(count: int, said: AdminPhrases) -> str:
    return said.will_be_told.format(count) if count else said.nobody_waits
