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
        insist(number in self.known, "chat not found")
        if number in self.blocked:
            raise BLOCKED
        return self.known[number]

    def _send(self, asked: Json) -> Json:
        chat, thread = self._chat(asked["chat_id"]), asked.get("message_thread_id")
        _check(asked)
        if thread is not None and (chat["id"], thread) not in self.topics:
            raise NO_THREAD
        if (chat["id"], thread) in self.closed_topics:
            raise TOPIC_CLOSED
        quote = asked.get("reply_parameters") or {"allow_sending_without_reply": True}
        is_there = (chat["id"], quote.get("message_id")) in self.messages
        insist(is_there or quote.get("allow_sending_without_reply"), "message to be replied not found")
        return self._store(chat, asked, asked["text"])

    def _store(self, chat: Json, asked: Json, text: str) -> Json:
        self._last += 1
        said = {"message_id": self._last, "date": int(time.time()), "chat": chat, "from": BOT, "text": text}
        if asked.get("message_thread_id"):
            said |= {"message_thread_id": asked["message_thread_id"], "is_topic_message": True}
        said |= {name: asked[name] for name in ("entities", "reply_markup") if asked.get(name)}
        self.messages[chat["id"], self._last] = said
        return said

    def _edit(self, asked: Json) -> Json | bool:
        _check(asked)
        if "inline_message_id" in asked:
            return True
        chat = self._chat(asked["chat_id"])
        said = self.messages.get((chat["id"], asked["message_id"]), {})
        insist(said, "message to edit not found")
        insist(said["from"]["id"] == BOT["id"], "message can't be edited")
        new = {"text": asked["text"], "reply_markup": asked.get("reply_markup")}
        if new == {name: said.get(name) for name in new}:
            raise NOT_MODIFIED
        said.update({name: value for name, value in new.items() if value is not None})
        return {**said, "edit_date": int(time.time())}

    def _answer(self, asked: Json, method: str) -> bool:
        query = asked["callback_query_id" if method == "answerCallbackQuery" else "inline_query_id"]
        if query not in self.open_queries:
            raise TOO_OLD
        results = asked.get("results", [])
        ids = [result["id"] for result in results]
        insist(len(asked.get("text", "")) <= 200, "MESSAGE_TOO_LONG")
        insist(len(results) <= 50, "RESULTS_TOO_MUCH")
        insist(len(set(ids)) == len(ids), "RESULT_ID_DUPLICATE")
        insist(all(1 <= len(one.encode()) <= 64 for one in ids), "RESULT_ID_INVALID")
        insist(len(asked.get("next_offset", "").encode()) <= 64, "RESULT_ID_INVALID")
        for result in results:
            content = result["input_message_content"]
            _check({**result, **content, "text": content["message_text"]})
        self.open_queries.discard(query)
        return True

    def _member(self, chat: int, number: int) -> Json:
        self._chat(chat)
        if (chat, number) not in self.administrators:
            return {"status": "member", "user": user(number)}
        return {"status": "administrator", "user": user(number), **dict.fromkeys(RIGHTS, False)}


RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip
KNOWN = {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic",
    "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre",
    "text_link", "text_mention", "custom_emoji",
}  # fmt: skip
DOES = ("callback_data", "url", "switch_inline_query_current_chat")


def insist(holds: object, description: str) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise Refusal(400, f"Bad Request: {description}")


def _commands(asked: Json) -> bool:
    language = asked.get("language_code", "")
    insist(not language or (len(language) == 2 and language.isalpha()), "invalid language code specified")
    insist(len(asked["commands"]) <= 100, "too many commands")
    for command in asked["commands"]:
        name = command["command"]
        is_name = 1 <= len(name) <= 32 and name.replace("_", "a").isalnum() and name.isascii()
        insist(is_name, "BOT_COMMAND_INVALID")
        insist(1 <= len(command["description"]) <= 256, "BOT_COMMAND_DESCRIPTION_INVALID")
    return True


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def _check(asked: Json) -> None:
    check_text(asked["text"])
    check_entities(asked["text"], asked.get("entities", []))
    check_keyboard(asked.get("reply_markup"))


def check_text(text: str, limit: int = 4096) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refusal(400, "Bad Request: strings must be encoded in UTF-8") from None
    insist(size <= 32768, "text is too long")
    insist(text.strip(), "message text is empty")
    insist(units(text) <= limit, "message is too long")


def check_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> None:
    """Refuse entities which do not lie on the text."""
    wide = text.encode("utf-16-le")
    for entity in entities:
        start, end, length = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"]), entity["length"]
        insist(entity["type"] in KNOWN, "can't parse entities: unsupported type")
        insist(start >= 0 and length >= 1 and end <= len(wide), "ENTITY_BOUNDS_INVALID")
        try:
            wide[start:end].decode("utf-16-le")
        except UnicodeDecodeError:
            raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID") from None
        is_web = str(entity.get("url", "")).startswith(("http://", "https://"))
        insist(entity["type"] != "text_link" or is_web, "can't parse entities: wrong link")


def check_keyboard(markup: Mapping[str, Any] | None) -> None:
    rows = (markup or {}).get("inline_keyboard", [])
    insist(sum(map(len, rows)) <= 100 and all(len(row) <= 8 for row in rows), "reply markup is too long")
    for button in (b for row in rows for b in row):
        insist(button.get("text"), "can't parse inline keyboard button: text must be non-empty")
        does = any(button.get(kind) for kind in DOES)
        insist(does, "can't parse inline keyboard button: text buttons are unallowed")
        insist(1 <= len(button.get("callback_data", "x").encode()) <= 64, "BUTTON_DATA_INVALID")
