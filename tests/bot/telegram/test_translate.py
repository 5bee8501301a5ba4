"""Telegram's updates in the words of `bot.messages`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from bot.messages import Attachment, ButtonPress, Chat, ChatType, InlineQuery, Message, Sender, SenderKind
from bot.platforms.telegram.updates import TelegramIdentity, translate
from bot.platforms.updates import Event, Ignored, Membership, Migrated
from tests.botapi.updates import BOT, BOT_ID, Json, channel, group, inline, message, press, private, user
from tests.support.words import examples

ME = TelegramIdentity(BOT_ID, "chuchu_bot")


def read(**update: Json) -> Event:
    parsed = Update.de_json({"update_id": 1, **update}, None)
    assert parsed is not None
    return translate(parsed, ME)


def said(text: str | None, chat: Json = private(7), kind: str = "message", **more: Any) -> Json:  # noqa: B008
    return {kind: message(text, chat, date=1, **more)}


def test_a_private_message_is_always_meant_for_us() -> None:
    chat, sender = Chat("telegram", "7", ChatType.PRIVATE), Sender("7", SenderKind.PERSON, "zh-hans")
    assert read(**said("蕃瓜弄", number=3)) == Message(
        chat, "3", sender, "蕃瓜弄", datetime.fromtimestamp(1, UTC)
    )


@examples("text", "meant", "left")
def test_in_a_group_we_are_meant_by_name_or_command(text: str, meant: bool, left: str) -> None:
    heard = read(**said(text, group(-9)))
    assert isinstance(heard, Message)
    assert (heard.addressed, heard.text) == (meant, left)


GROUP, FORUM, OLD = group(-9), group(-9, forum=True), {"id": -5, "type": "group", "title": "群"}
SIZES = [{"file_id": i, "file_unique_id": i, "width": 9, "height": 9, "file_size": 5} for i in "ab"]
STICKER = {
    "file_id": "s",
    "file_unique_id": "u",
    "type": "regular",
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
}
NAMED: Json = {
    "photo": SIZES,
    "caption": "@chuchu_bot 问",
    "caption_entities": [{"type": "mention", "offset": 0, "length": 11}],
}
ORIGIN = {"type": "user", "date": 1, "sender_user": user(5)}
MARKS: dict[str, tuple[Json, dict[str, object]]] = {
    "a reply to us": (said("还有呢", GROUP, reply_to_message=message("答", GROUP, 5, BOT)), {"addressed": True, "replied_to": "答"}),
    "a reply to another": (said("还有呢", GROUP, reply_to_message=message("说", GROUP, 6, user(8))), {"addressed": False}),
    "a caption that names us": (said(None, GROUP, **NAMED), {"addressed": True, "text": "问"}),
    "an edit": (said("词", kind="edited_message", edit_date=2), {"edited": True}),
    "an edited post": (said("词", channel(-8), "edited_channel_post", edit_date=2), {"edited": True}),
    "a forward": (said("词", forward_origin=ORIGIN), {"forwarded": True, "edited": False}),
    "another bot's result": (said("词", via_bot=user(55, is_bot=True)), {"via_bot": True, "forwarded": False}),
    "a topic": (said("/a", FORUM, message_thread_id=5, is_topic_message=True), {"chat": Chat("telegram", "-9", ChatType.GROUP, "5")}),
    "no topic": (said("/a", GROUP, message_thread_id=5), {"chat": Chat("telegram", "-9", ChatType.GROUP)}),
    "a photo": (said(None, photo=SIZES), {"attachment": Attachment("b", "photo-1.jpg", 5)}),
    "a photo with words": (said(None, photo=SIZES, caption="新桥多长"), {"attachment": None, "text": "新桥多长"}),
    "a sticker in private": (said(None, sticker=STICKER), {"text": "", "addressed": True}),
}  # fmt: skip


@pytest.mark.parametrize(("update", "marks"), MARKS.values(), ids=MARKS)
def test_a_message_says_what_it_is(update: Json, marks: dict[str, object]) -> None:
    heard = read(**update)
    assert isinstance(heard, Message)
    assert {name: getattr(heard, name) for name in marks} == marks


def changed(status: str) -> Json:
    until = {"until_date": 0} if status == "kicked" else {}
    before, after = ({"user": BOT, "status": name} for name in ("member", status))
    change = {"chat": private(7), "from": user(7), "date": 1, "old_chat_member": before}
    return {"my_chat_member": {**change, "new_chat_member": {**after, **until}}}


OTHERS: dict[str, tuple[Json, Event]] = {
    "another bot's command": (said("/find@other_bot 词", GROUP), Ignored("another bot's command")),
    "our own result": (said("词", via_bot=BOT), Ignored("our own inline result")),
    "a sticker in a group": (said(None, GROUP, sticker=STICKER), Ignored("no text")),
    "a press without data": ({"callback_query": press("", None, "q", user(8))}, Ignored("a press without data")),
    "an old group moves": (said(None, OLD, migrate_to_chat_id=-1005), Migrated("-5", "-1005")),
    "a new group moved": (said(None, group(-1005), migrate_from_chat_id=-5), Migrated("-5", "-1005")),
    **{status: (changed(status), Membership("7", status == "member", at=1.0)) for status in ("kicked", "left", "member")},
    "a press under an inline result": (
        {"callback_query": press("m:1", None, "q", user(8), inline_message_id="abc")},
        ButtonPress(None, "inline:abc", "q", Sender("8", SenderKind.PERSON, "zh-hans"), "m:1"),
    ),
    "an inline query": (
        {"inline_query": inline("词", "q", user(8), "20")},
        InlineQuery("q", Sender("8", SenderKind.PERSON, "zh-hans"), "词", "20"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("update", "meant"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_question_means_what_it_does(update: Json, meant: Event) -> None:
    assert read(**update) == meant


WHOLE = message("问", private(7))
BROKEN: dict[str, Json] = {
    "message id": {"message": {**WHOLE, "message_id": {"id": 1}}},
    "chat id": {"message": {**WHOLE, "chat": {"id": "7", "type": "private"}}},
    "person's id": {"message": {**WHOLE, "from": {**user(7), "id": [7]}}},
    "language": {"message": {**WHOLE, "from": {**user(7), "language_code": 5}}},
    "caption": {"message": message(None, private(7), caption=5, photo=[])},
    "button": {"callback_query": press("c", WHOLE, "q1", user(7)) | {"data": ["c"]}},
    "offset": {"inline_query": inline("问", "q1", user(7)) | {"offset": 20}},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_part_of_a_wrong_type_is_an_error_here_and_nowhere_later(broken: Json) -> None:
    with pytest.raises(TypeError, match="is "):
        read(**broken)
