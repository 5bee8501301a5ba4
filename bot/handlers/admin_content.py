"""`/unanswered`, `/alias`, `/unalias`, `/stats`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.admin.context import NOT_HERE, AdminContext, text_reply
from bot.admin.permissions import AccessRequest, Permission
from bot.feedback.aliases import AliasRefused, AliasService
from bot.feedback.questions import UnansweredQuestions
from bot.feedback.usage import UsageReporter
from bot.handlers.intents import TypedCommand
from bot.messages import Button, ButtonPress, Message, Reply, Run
from bot.state.questions import QuestionState, UnansweredQuestion

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
        self, context: AdminContext, unanswered: UnansweredQuestions, book: AliasService, stats: UsageReporter
    ) -> None:
        self._context = context
        self._unanswered = unanswered
        self._book = book
        self._stats = stats

    async def unanswered(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/unanswered`: the most asked questions, four buttons each; `/unanswered all` adds what was put aside."""
        replies = [await self._open(), *([await self._aside()] if command.rest == "all" else [])]
        return await self._context.audited(
            Permission.UNANSWERED, AccessRequest.of_message(message).actor, *replies
        )

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """A button under `/unanswered`: 别名, 指到, 忽略, 等文章, 放回, 撤销."""
        access = AccessRequest.of_press(press)
        refused = await self._refused(access, press.data)
        if access is None or refused:
            return [Reply([], notice=refused or NOT_HERE)]
        _, act, question_id = press.payload
        if act == "u":
            return await self._unpin(access.actor, question_id)
        question = await self._unanswered.get(question_id)
        if question is None:
            return [Reply([], notice="这个问题已经不在了：也许现在查得到，也许过了 30 天。")]
        if act == "a":
            return [text_reply(f"请发：\n/alias {question.text} 另一种说法\n（名称里有空格时用等号隔开）")]
        if act == "p":
            return await self._context.audited(
                Permission.UNANSWERED, access.actor, await self._nearest(question)
            )
        state = PUT_ASIDE.get(act, QuestionState.OPEN)
        await self._unanswered.mark(question.id, state)
        await self._context.audit_log.write(
            access.actor, Permission.UNANSWERED, "done", f"{state} {question.text}"
        )
        left = await (self._aside() if act == ASIDE else self._open())
        return [replace(left, edits=press.message_id)]

    async def pin(self, press: ButtonPress) -> Sequence[Reply]:
        """A button under the nearest facts: this one answers the question."""
        access = AccessRequest.of_press(press)
        refused = await self._refused(access, press.data)
        if access is None or refused:
            return [Reply([], notice=refused or NOT_HERE)]
        _, question_id, fact = press.payload
        pinned = await self._unanswered.pin(question_id, fact)
        if pinned is None:
            return [Reply([], notice="这个问题已经不在了；有人再问而查不到，会再列出来。")]
        question, told = pinned
        await self._context.audit_log.write(access.actor, Permission.UNANSWERED, "done", f"{fact} {question}")
        reply = text_reply(
            f"“{question}”以后就用这一句回答；{_told(told)}。指错了可以改按另一个编号，或者撤销。"
        )
        return [replace(reply, buttons=[[Button("撤销", f"{QUESTION}:u:{question_id}")]])]

    async def alias(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/alias CIIE 进博会`; alone it lists what was given in chat."""
        actor = AccessRequest.of_message(message).actor
        if not command.rest:
            return await self._context.audited(Permission.ALIAS, actor, text_reply(await self._aliases()))
        try:
            names = " = ".join(await self._book.add(command.rest))
        except AliasRefused as denial:
            await self._context.audit_log.write(actor, Permission.ALIAS, "nothing", command.rest)
            return [text_reply(f"没有记下：{denial}")]
        await self._context.audit_log.write(actor, Permission.ALIAS, "done", names)
        return [text_reply(f"记下了：{names}。{_told(await self._unanswered.look_again())}。")]

    async def unalias(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/unalias 3`, by the number that `/alias` shows."""
        wanted = command.rest.strip()
        gone = wanted.isascii() and wanted.isdigit() and await self._book.remove(int(wanted[:18]))
        actor = AccessRequest.of_message(message).actor
        await self._context.audit_log.write(
            actor, Permission.ALIAS, "done" if gone else "nothing", f"- {wanted[:40]}"
        )
        return [text_reply("去掉了。" if gone else "没有这个编号。发 /alias 看编号。")]

    async def stats(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/stats`: thirty days as text and as a picture."""
        figures = await self._stats.figures()
        replies = [text_reply(figures.text())]
        if figures.days and (picture := await self._stats.picture(figures)):
            replies.append(Reply([Run("近 30 天")], picture=picture))
        return await self._context.audited(
            Permission.STATS, AccessRequest.of_message(message).actor, *replies
        )

    async def _refused(self, access: AccessRequest | None, data: str) -> str:
        """Why a button is not obeyed; empty where it is."""
        denial = (
            await self._context.authorizer.denial(Permission.UNANSWERED, access, data) if access else None
        )
        return (denial.value or NOT_HERE) if denial else ""

    async def _unpin(self, actor: str, question_id: str) -> Sequence[Reply]:
        question = await self._unanswered.unpin(question_id)
        if question is None:
            return [Reply([], notice="这一句已经撤销了。")]
        await self._context.audit_log.write(actor, Permission.UNANSWERED, "done", f"撤销 {question}")
        return [Reply([], notice="撤销了，以后不再用这一句回答。")]

    async def _open(self) -> Reply:
        waiting = await self._unanswered.often(QuestionState.AWAITED, SHOWN)
        return _list(await self._unanswered.often(limit=SHOWN), waiting)

    async def _aside(self) -> Reply:
        ignored = await self._unanswered.often(QuestionState.IGNORED, 3 * SHOWN)
        pinned = await self._unanswered.pinned_answers(3 * SHOWN)
        lines = [_line(question) for question in ignored]
        lines += [f"{one.text} → {one.fact[:SENTENCE] or '（这一句现在没有）'}" for one in pinned]
        buttons = [
            Button(f"{n} 放回", f"{QUESTION}:{ASIDE}:{question.id}") for n, question in enumerate(ignored, 1)
        ]
        after = len(ignored) + 1
        buttons += [Button(f"{n} 撤销", f"{QUESTION}:u:{one.id}") for n, one in enumerate(pinned, after)]
        text = ["已忽略的和指到一句的：", *(f"{n}. {line}" for n, line in enumerate(lines, 1))]
        return (
            Reply([Run("\n".join(text))], _rows(buttons))
            if lines
            else text_reply("没有忽略的，也没有指到一句的。")
        )

    async def _nearest(self, question: UnansweredQuestion) -> Reply:
        hits = await self._unanswered.near(question, NEAREST)
        if not hits:
            return text_reply(f"没有与“{question.text}”相近的句子。")
        lines = [f"{n}. {hit.fact.text[:SENTENCE]}" for n, hit in enumerate(hits, 1)]
        data = [f"{POINT}:{question.id}:{hit.fact.id}" for hit in hits]
        buttons = [Button(str(n), at) for n, at in enumerate(data, 1)]
        return Reply([Run(f"哪一句回答“{question.text}”？\n" + "\n".join(lines))], [buttons])

    async def _aliases(self) -> str:
        kept = await self._book.all()
        lines = [f"{alias.number}. {' = '.join(alias.names)}" for alias in kept]
        how = "用法：/alias CIIE 进博会；去掉：/unalias 编号。"
        return "\n".join(["在聊天里加的别名：", *lines, how]) if lines else f"还没有在聊天里加过别名。{how}"


def _list(questions: Sequence[UnansweredQuestion], waiting: Sequence[UnansweredQuestion]) -> Reply:
    lines = [f"{n}. {_line(question)}" for n, question in enumerate(questions, 1)]
    head = "没有查到的问题，问得多的在前：" if lines else "没有查不到的问题。"
    after = len(questions) + 1
    tail = [f"{n}. {_line(question)}" for n, question in enumerate(waiting, after)]
    acts = (("a", "别名"), ("p", "指到"), ("i", "忽略"), ("w", "等文章"))
    buttons = [
        [Button(f"{n} {label}", f"{QUESTION}:{act}:{question.id}") for act, label in acts]
        for n, question in enumerate(questions, 1)
    ]
    back = [
        Button(f"{n} 放回", f"{QUESTION}:{BACK}:{question.id}") for n, question in enumerate(waiting, after)
    ]
    text = [head, *lines, *(["等文章：", *tail] if tail else []), "/unanswered all 连同忽略的和指到一句的。"]
    return Reply([Run("\n".join(text))], [*buttons, *_rows(back)])


def _rows(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    return [buttons[first : first + ROW] for first in range(0, len(buttons), ROW)]


def _line(question: UnansweredQuestion) -> str:
    alerts = f"，{question.alerts} 处等着告诉" if question.alerts else ""
    return f"{question.text}（{question.asked} 次，{question.askers} 人{alerts}）"


def _told(count: int) -> str:
    return f"等着的 {count} 处这就告诉" if count else "没有人在等"
