"""The server's chats: who may be spoken to, what was said, which queries are open, and what Telegram refuses of a text."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.botapi.calls import Call
from tests.botapi.faults import BLOCKED, NO_THREAD, NOT_MODIFIED, TOO_OLD, TOPIC_CLOSED, Refusal, migrated
from tests.botapi.updates import BOT, Json, user


@dataclass
class Chats:
    """Chats that the bot has met through updates, and the messages in them."""

    known: dict[int, Json] = field(default_factory=dict)
    messages: dict[tuple[int, int], Json] = field(default_factory=dict)
    open_queries: set[str] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    moved: dict[int, int] = field(default_factory=dict)
    closed_topics: set[tuple[int, int]] = field(default_factory=set)
    topics: set[tuple[int, int]] = field(default_factory=set)
    administrators: set[tuple[int, int]] = field(default_factory=set)
    _last: int = 500_000

    def learn(self, update: Json) -> None:
        """Remember the chats, messages, topics and queries of an update."""
        for content in update.values():
            for said in (content, content.get("message")):
                if isinstance(said, dict) and "chat" in said:
                    chat = said["chat"]["id"]
                    self.known[chat] = said["chat"]
                    if "message_id" in said:
                        self.messages[chat, said["message_id"]] = said
                    if said.get("is_topic_message"):
                        self.topics.add((chat, said["message_thread_id"]))
            if "chat_instance" in content or "query" in content:
                self.open_queries.add(content["id"])

    def execute(self, call: Call) -> Any:
        """Do what a call says, or refuse it."""
        asked = call.parameters
        match call.method:
            case "sendMessage":
                return self._send(asked)
            case "sendPhoto":
                check_keyboard(asked.get("reply_markup"))
                if asked.get("caption"):
                    check_text(asked["caption"], 1024)
                return self._store(self._chat(asked["chat_id"]), asked, asked.get("caption", ""))
            case "editMessageText":
                return self._edit(asked)
            case "answerCallbackQuery" | "answerInlineQuery":
                return self._answer(asked, call.method)
            case "getChatMember":
                return self._member(asked["chat_id"], asked["user_id"])
            case "setMyCommands":
                return _commands(asked)
        return True

    def _chat(self, number: Any) -> Json:
        if number in self.moved:
            raise migrated(self.moved[number])
        if number not in self.known:
            raise Refusal(400, "Bad Request: chat not found")
        if number in self.blocked:
            raise BLOCKED
        return self.known[number]

    def _send(self, asked: Json) -> Json:
        chat = self._chat(asked["chat_id"])
        check_text(asked["text"])
        check_entities(asked["text"], asked.get("entities", []))
        check_keyboard(asked.get("reply_markup"))
        thread = asked.get("message_thread_id")
        if thread is not None and (chat["id"], thread) not in self.topics:
            raise NO_THREAD
        if (chat["id"], thread) in self.closed_topics:
            raise TOPIC_CLOSED
        quote = asked.get("reply_parameters")
        if (
            quote
            and (chat["id"], quote["message_id"]) not in self.messages
            and not quote.get("allow_sending_without_reply")
        ):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return self._store(chat, asked, asked["text"])

    def _store(self, chat: Json, asked: Json, text: str) -> Json:
        self._last += 1
        said: Json = {
            "message_id": self._last,
            "date": int(time.time()),
            "chat": chat,
            "from": BOT,
            "text": text,
        }
        if asked.get("message_thread_id"):
            said |= {"message_thread_id": asked["message_thread_id"], "is_topic_message": True}
        for name in ("entities", "reply_markup"):
            if asked.get(name):
                said[name] = asked[name]
        self.messages[chat["id"], self._last] = said
        return said

    def _edit(self, asked: Json) -> Json | bool:
        check_text(asked["text"])
        check_entities(asked["text"], asked.get("entities", []))
        check_keyboard(asked.get("reply_markup"))
        if "inline_message_id" in asked:
            return True
        chat = self._chat(asked["chat_id"])
        said = self.messages.get((chat["id"], asked["message_id"]))
        if said is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        if said["from"]["id"] != BOT["id"]:
            raise Refusal(400, "Bad Request: message can't be edited")
        new = {"text": asked["text"], "reply_markup": asked.get("reply_markup")}
        if new == {"text": said["text"], "reply_markup": said.get("reply_markup")}:
            raise NOT_MODIFIED
        said.update({name: value for name, value in new.items() if value is not None})
        return {**said, "edit_date": int(time.time())}

    def _answer(self, asked: Json, method: str) -> bool:
        query = asked["callback_query_id" if method == "answerCallbackQuery" else "inline_query_id"]
        if query not in self.open_queries:
            raise TOO_OLD
        if len(asked.get("text", "")) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        results = asked.get("results", [])
        ids = [result["id"] for result in results]
        if len(results) > 50:
            raise Refusal(400, "Bad Request: RESULTS_TOO_MUCH")
        if len(set(ids)) < len(ids):
            raise Refusal(400, "Bad Request: RESULT_ID_DUPLICATE")
        if (
            any(not 1 <= len(i.encode()) <= 64 for i in ids)
            or len(asked.get("next_offset", "").encode()) > 64
        ):
            raise Refusal(400, "Bad Request: RESULT_ID_INVALID")
        for result in results:
            content = result["input_message_content"]
            check_text(content["message_text"])
            check_entities(content["message_text"], content.get("entities", []))
            check_keyboard(result.get("reply_markup"))
        self.open_queries.discard(query)
        return True

    def _member(self, chat: int, number: int) -> Json:
        self._chat(chat)
        if (chat, number) not in self.administrators:
            return {"status": "member", "user": user(number)}
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats"
            " can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories"
            " can_edit_stories can_delete_stories"
        )
        return {"status": "administrator", "user": user(number), **dict.fromkeys(rights.split(), False)}


def _commands(asked: Json) -> bool:
    language = asked.get("language_code", "")
    if language and not (len(language) == 2 and language.isalpha()):
        raise Refusal(400, "Bad Request: invalid language code specified")
    if len(asked["commands"]) > 100:
        raise Refusal(400, "Bad Request: too many commands")
    for command in asked["commands"]:
        name = command["command"]
        if not 1 <= len(name) <= 32 or not name.replace("_", "a").isalnum() or not name.isascii():
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    return True


KNOWN = {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic",
    "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre",
    "text_link", "text_mention", "custom_emoji",
}  # fmt: skip


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, limit: int = 4096) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refusal(400, "Bad Request: strings must be encoded in UTF-8") from None
    if size > 32768:
        raise Refusal(400, "Bad Request: text is too long")
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if units(text) > limit:
        raise Refusal(400, "Bad Request: message is too long")


def check_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> None:
    """Refuse entities which do not lie on the text."""
    wide = text.encode("utf-16-le")
    for entity in entities:
        start, length = entity["offset"], entity["length"]
        if entity["type"] not in KNOWN:
            raise Refusal(400, "Bad Request: can't parse entities: unsupported type")
        if start < 0 or length < 1 or (start + length) * 2 > len(wide):
            raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID")
        try:
            wide[start * 2 : (start + length) * 2].decode("utf-16-le")
        except UnicodeDecodeError:
            raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID") from None
        if entity["type"] == "text_link" and not str(entity.get("url", "")).startswith(
            ("http://", "https://")
        ):
            raise Refusal(400, "Bad Request: can't parse entities: wrong link")


def check_keyboard(markup: Mapping[str, Any] | None) -> None:
    rows = (markup or {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in (b for row in rows for b in row):
        if not button.get("text"):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text must be non-empty")
        if not any(button.get(kind) for kind in ("callback_data", "url", "switch_inline_query_current_chat")):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text buttons are unallowed")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
