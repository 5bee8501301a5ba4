"""What admins do about the articles: files sent and `/meta`; and about what they lack: `/unanswered`, `/alias`, `/stats`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.admin.permissions import Permission
from bot.admin.reload_service import ReloadReport, ReloadRequest
from bot.admin.uploads import LIMIT, UploadRefused, UploadService, shown_name
from bot.admin.wiring import AdminContext
from bot.feedback.aliases import AliasService
from bot.feedback.questions import UnansweredQuestions
from bot.feedback.usage import UsageReporter
from bot.handlers.administration import ReloadHandlers
from bot.messages import Button, ButtonPress, Chat, Message, Reply, Run, text_reply
from bot.state.questions import ChatAlias, QuestionState, UnansweredQuestion
from bot.state.sessions import Upload, UploadState
from bot.texts import Phrases, reworded
from bot.texts.phrases import AdminPhrases
from knowledge.errors import KnowledgeError

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
        aliases: AliasService,
        usage: UsageReporter,
    ) -> None:
        self._context = context
        self._unanswered = unanswered
        self._aliases = aliases
        self._usage = usage

    async def unanswered(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/unanswered`: the most asked questions, four buttons each; `/unanswered all` adds what was put aside."""
        aside = [await self._aside(said.admin)] if words == "all" else []
        replies = [await self._open(said.admin), *aside]
        return await self._context.audited(Permission.UNANSWERED, message.actor, *replies)

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """A button under `/unanswered`: 别名, 指到, 忽略, 等文章, 放回, 撤销."""
        refused = await self._context.authorizer.require_press(Permission.UNANSWERED, press, said)
        if refused is not None:
            return refused
        actor, told = str(press.actor), said.admin
        _, act, question_id = press.payload
        if act == "u":
            return await self._unpin(actor, question_id, told)
        question = await self._unanswered.get(question_id)
        if question is None:
            return [Reply([], notice=told.question_gone)]
        if act == "a":
            return [text_reply(told.alias_how.format(question.text))]
        if act == "p":
            nearest = await self._nearest(question, told)
            return await self._context.audited(Permission.UNANSWERED, actor, nearest)
        state = PUT_ASIDE.get(act, QuestionState.OPEN)
        await self._unanswered.mark(question.id, state)
        await self._context.audit_log.write(actor, Permission.UNANSWERED, "done", f"{state} {question.text}")
        left = await (self._aside(told) if act == ASIDE else self._open(told))
        return [replace(left, edits=press.message_id)]

    async def pin(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """A button under the nearest facts: this one answers the question."""
        refused = await self._context.authorizer.require_press(Permission.UNANSWERED, press, said)
        if refused is not None:
            return refused
        _, question_id, fact = press.payload
        pinned = await self._unanswered.pin(question_id, fact)
        if pinned is None:
            return [Reply([], notice=said.admin.question_gone_pin)]
        question, waiting = pinned
        detail = f"{fact} {question}"
        await self._context.audit_log.write(str(press.actor), Permission.UNANSWERED, "done", detail)
        told = said.admin.will_be_told.format(waiting) if waiting else said.admin.nobody_waits
        reply = text_reply(said.admin.pinned.format(question, told))
        return [replace(reply, buttons=[[Button(said.admin.undo, f"{QUESTION}:u:{question_id}")]])]

    async def alias(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/alias CIIE 进博会`; alone it lists what was given in chat."""
        if not words:
            return [text_reply(_aliases(await self._aliases.shown(message.actor), said.admin))]
        return [text_reply((await self._aliases.add(message.actor, words, said.admin)).text)]

    async def unalias(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/unalias 3`, by the number that `/alias` shows."""
        return [text_reply((await self._aliases.remove(message.actor, words, said.admin)).text)]

    async def stats(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/stats`: thirty days as text and as a picture."""
        figures = await self._usage.figures()
        replies = [text_reply(figures.text(said.admin))]
        if figures.days and (picture := await self._usage.picture(figures, said.admin)):
            replies.append(Reply([Run(said.admin.last_days)], picture=picture))
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


UPLOAD = "upload"


class UploadHandlers:
    """Uploads, one button each way."""

    def __init__(self, context: AdminContext, uploads: UploadService, reloads: ReloadHandlers) -> None:
        self._context = context
        self._uploads = uploads
        self._reloads = reloads

    async def receive(self, message: Message, said: Phrases) -> Sequence[Reply]:
        """Take in a file that came with a message."""
        if message.attachment is None:
            return []
        size, told = message.attachment.size or 0, said.admin
        if size > LIMIT:
            await self._context.audit_log.write(
                message.actor, Permission.UPLOAD, "refused", f"too_big {size}"
            )
            return [text_reply(told.too_big.format(LIMIT >> 20))]
        self._context.spawn(self._preview(message, told), message.chat)
        return [text_reply(told.looking.format(shown_name(message.attachment.name)))]

    async def how(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/upload`: a file is simply sent."""
        how = text_reply(said.admin.upload_how)
        return await self._context.audited(Permission.UPLOAD, message.actor, how)

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """`upload:p:ID` publishes, `upload:c:ID` also against what was objected, `upload:d:ID` discards."""
        context, told = self._context, said.admin
        _, action, upload_id = press.payload
        upload = await self._uploads.get(upload_id)
        if upload is None or upload.target is None:
            return [Reply([], notice=told.upload_gone)]
        refused = await context.authorizer.require_press(Permission.UPLOAD, press, said, upload.actor)
        if refused is not None:
            return refused
        if upload.state is not UploadState.CHECKED or press.chat is None:
            return [Reply([], notice=told.upload_decided)]
        if action not in ("p", "c"):
            if not await self._uploads.discard(upload):
                return [Reply([], notice=told.upload_decided)]
            gone = text_reply(told.discarded.format(shown_name(upload.name)))
            return [replace(gone, edits=press.message_id)]
        if context.reload_service.busy:
            return [Reply([], notice=told.reload_runs)]
        if not await self._uploads.begin(upload):
            return [Reply([], notice=told.upload_decided)]
        context.spawn(self._publish(press.chat, upload, upload.target, action == "c", told), press.chat)
        return [Reply([], notice=told.publishing)]

    async def meta(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """State a file's title, newspaper, date, edition or address."""
        actor = message.actor
        if (wanted := read_meta(words)) is None:
            return [text_reply(said.admin.meta_usage)]
        name, stated = wanted
        try:
            written = await self._uploads.describe(name, stated)
            failed = None if written else said.admin.no_such_article.format(name)
        except KnowledgeError as error:
            failed = str(error)
        if failed is not None:
            await self._context.audit_log.write(actor, Permission.META, "failed", failed)
            return [text_reply(reworded(failed, said.language))]
        await self._context.audit_log.write(actor, Permission.META, "done", f"{written} {stated}")
        return [text_reply(said.admin.meta_written.format(written))]

    async def _preview(self, message: Message, said: AdminPhrases) -> None:
        assert message.attachment is not None
        try:
            upload, preview = await self._uploads.receive(
                message.actor, message.chat.platform, message.attachment, said
            )
            reply = replace(text_reply(preview), buttons=[_upload_buttons(said.publish, "p", upload, said)])
        except UploadRefused as refused:
            reply = text_reply(str(refused))
        await self._context.platforms.send(message.chat, reply)

    async def _publish(
        self, chat: Chat, upload: Upload, target: str, confirmed: bool, said: AdminPhrases
    ) -> None:
        async def reload(request: ReloadRequest) -> ReloadReport:
            return await self._reloads.run(
                chat, request, said, [_upload_buttons(said.anyway, "c", upload.id, said)]
            )

        try:
            unwritten = await self._uploads.publish(upload, target, confirmed, reload, said)
            told = said.published.format(shown_name(upload.name), target, unwritten).rstrip()
        except UploadRefused as refused:
            told = str(refused)
        await self._context.platforms.send(chat, text_reply(told))


def _upload_buttons(label: str, action: str, upload: str, said: AdminPhrases) -> list[Button]:
    return [Button(label, f"{UPLOAD}:{action}:{upload}"), Button(said.discard, f"{UPLOAD}:d:{upload}")]


KEYS = {
    "title": "title",
    "题": "title",
    "标题": "title",
    "newspaper": "newspaper",
    "报": "newspaper",
    "报纸": "newspaper",
    "date": "date",
    "日期": "date",
    "edition": "edition",
    "版": "edition",
    "版次": "edition",
    "url": "url",
    "地址": "url",
    "网址": "url",
    "author": "author",
    "作者": "author",
    "source": "source",
    "来源": "source",
    "editor": "editor",
    "责编": "editor",
}
_PAIR = re.compile(rf"(?:^|\s)({'|'.join(sorted(KEYS, key=len, reverse=True))})\s*[=＝]\s*")


def read_meta(text: str) -> tuple[str, dict[str, str]] | None:
    """Split `名字 日期=2023-07-01 报纸=文汇报` into the file's name and what is said; None where it is not that."""
    name, *rest = _PAIR.split(text)
    stated = {KEYS[key]: value.strip() for key, value in zip(rest[::2], rest[1::2], strict=True)}
    return (name.strip(), stated) if name.strip() and stated else None
