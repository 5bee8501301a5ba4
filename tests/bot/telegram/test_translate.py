"""Telegram's updates in the words of `bot.messages`."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.messages import Attachment, ButtonPress, Chat, ChatType, InlineQuery, Message, Sender, SenderKind
from bot.platforms.telegram.updates import TelegramIdentity, translate
from bot.platforms.updates import Event, Ignored, Membership, Migrated
from tests.botapi.updates import BOT, BOT_ID, Json, channel, group, inline, message, press, private, user

ME = TelegramIdentity(BOT_ID, "chuchu_bot")
ORIGIN = {"type": "user", "date": 1, "sender_user": user(5)}


def read(**update: Json) -> Event:
    parsed = Update.de_json({"update_id": 1, **update}, None)
    assert parsed is not None
    return translate(parsed, ME)


def said(text: str | None, chat: Json, kind: str = "message", **more: Any) -> Message:
    event = read(**{kind: message(text, chat, **more)})
    assert isinstance(event, Message), event
    return event


def ignored(text: str | None, chat: Json, **more: Any) -> str:
    event = read(message=message(text, chat, **more))
    assert isinstance(event, Ignored), event
    return event.why


def test_a_private_message_is_always_meant_for_us() -> None:
    heard = said("蕃瓜弄", private(7), number=3)
    assert heard.chat == Chat("telegram", "7", ChatType.PRIVATE)
    assert heard.sender == Sender("7", SenderKind.PERSON, "zh-hans")
    assert (heard.text, heard.id, heard.addressed) == ("蕃瓜弄", "3", True)


@pytest.mark.parametrize(
    ("text", "meant", "left"),
    [
        ("大家好", False, "大家好"),
        ("@chuchu_bot 蕃瓜弄", True, "蕃瓜弄"),
        ("@Chuchu_Bot 蕃瓜弄", True, "蕃瓜弄"),
        ("𠮷𠮷 @chuchu_bot 蕃瓜弄", True, "𠮷𠮷  蕃瓜弄"),
        ("@another_bot 蕃瓜弄", False, "@another_bot 蕃瓜弄"),
        ("/find 蕃瓜弄", True, "/find 蕃瓜弄"),
        ("/find@chuchu_bot 蕃瓜弄", True, "/find 蕃瓜弄"),
        ("说说 /find 蕃瓜弄", False, "说说 /find 蕃瓜弄"),
    ],
)
def test_in_a_group_we_are_meant_by_name_or_command(text: str, meant: bool, left: str) -> None:
    heard = said(text, group(-9))
    assert (heard.addressed, heard.text) == (meant, left)


def test_a_reply_to_us_means_us() -> None:
    ours = message("答", group(-9), 5, BOT)
    theirs = message("说", group(-9), 6, user(8))
    assert said("还有呢", group(-9), reply_to_message=ours).addressed
    assert not said("还有呢", group(-9), reply_to_message=theirs).addressed


def test_a_mention_in_the_caption_of_a_photo_means_us() -> None:
    photo: Any = {
        "photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}],
        "caption": "@chuchu_bot 问",
        "caption_entities": [{"type": "mention", "offset": 0, "length": 11}],
    }
    heard = said(None, group(-9), **photo)
    assert (heard.text, heard.addressed) == ("问", True)


def test_another_bots_command_is_not_ours() -> None:
    assert ignored("/find@other_bot 词", group(-9)) == "another bot's command"


def test_edits_forwards_and_other_bots_results_say_what_they_are() -> None:
    assert said("词", private(7), kind="edited_message", edit_date=2).edited
    assert said("词", channel(-8), kind="edited_channel_post", edit_date=2).edited
    assert said("词", private(7), forward_origin=ORIGIN).forwarded
    assert said("词", private(7), via_bot=user(55, is_bot=True)).via_bot
    assert ignored("词", private(7), via_bot=BOT) == "our own inline result"


def test_only_a_topic_of_a_forum_is_a_thread() -> None:
    forum = group(-9, forum=True)
    assert said("/a", forum, message_thread_id=5, is_topic_message=True).chat.thread == "5"
    assert said("/a", group(-9), message_thread_id=5).chat.thread is None


def test_a_photo_without_words_is_a_file_in_its_largest_size() -> None:
    sizes = [{"file_id": i, "file_unique_id": i, "width": 9, "height": 9, "file_size": 5} for i in "ab"]
    heard = said(None, private(7), photo=sizes)
    assert heard.attachment == Attachment("b", f"photo-{heard.id}.jpg", 5)
    assert said(None, private(7), photo=sizes, caption="新桥多长").attachment is None


def test_a_sticker_is_heard_in_private_and_ignored_in_a_group() -> None:
    sticker: Any = {
        "sticker": {
            "file_id": "s", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1,
            "is_animated": False, "is_video": False,
        }
    }  # fmt: skip
    assert said(None, private(7), **sticker).text == ""
    assert ignored(None, group(-9), **sticker) == "no text"


def test_a_migration_is_told_by_either_side() -> None:
    old = {"id": -5, "type": "group", "title": "群"}
    assert read(message=message(None, old, migrate_to_chat_id=-1005)) == Migrated("-5", "-1005")
    assert read(message=message(None, group(-1005), migrate_from_chat_id=-5)) == Migrated("-5", "-1005")


@pytest.mark.parametrize(("status", "member"), [("kicked", False), ("left", False), ("member", True)])
def test_being_let_in_or_put_out_is_told(status: str, member: bool) -> None:
    def state(name: str) -> Json:
        return {"user": BOT, "status": name, **({"until_date": 0} if name == "kicked" else {})}

    change = {
        "chat": private(7), "from": user(7), "date": 1,
        "old_chat_member": state("member"), "new_chat_member": state(status),
    }  # fmt: skip
    assert read(my_chat_member=change) == Membership("7", member, at=1.0)


def test_a_press_without_a_message_has_no_chat() -> None:
    event = read(callback_query=press("m:1", None, "q", user(8), inline_message_id="abc"))
    assert isinstance(event, ButtonPress)
    assert (event.chat, event.message_id) == (None, "inline:abc")
    assert read(callback_query=press("", None, "q", user(8))) == Ignored("a press without data")


def test_an_inline_query_is_what_was_typed() -> None:
    event = read(inline_query=inline("词", "q", user(8), "20"))
    assert isinstance(event, InlineQuery)
    assert (event.text, event.offset) == ("词", "20")


@pytest.mark.parametrize(
    "broken",
    [
        {"message": {**message("问", private(7)), "message_id": {"id": 1}}},
        {"message": {**message("问", private(7)), "chat": {"id": "7", "type": "private"}}},
        {"message": {**message("问", private(7)), "from": {**user(7), "id": [7]}}},
        {"message": {**message("问", private(7)), "from": {**user(7), "language_code": 5}}},
        {"message": message(None, private(7), caption=5, photo=[])},
        {"callback_query": press("c", message("答", private(7)), "q1", user(7)) | {"data": ["c"]}},
        {"inline_query": inline("问", "q1", user(7)) | {"offset": 20}},
    ],
    ids=["message id", "chat id", "person's id", "language", "caption", "button", "offset"],
)
def test_a_part_of_a_wrong_type_is_an_error_here_and_nowhere_later(broken: Json) -> None:
    with pytest.raises(TypeError, match="is "):
        read(**broken)
