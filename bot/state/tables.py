"""The tables of the shared state; `migrations/` brings an older database to this."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from bot.errors import StateError


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, also where the database knows no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class TooLong(StateError, DontWrapMixin):
    """Something is longer than its column; nothing was written."""


class Words(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL does not take."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\0", "") if value else value


class ShortText(TypeDecorator[str]):
    """Text of at most so many characters, on every database alike: SQLite keeps no lengths."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Take NUL out.

        Raises:
            TooLong: it does not fit.
        """
        value = value.replace("\0", "") if value else value
        if value and len(value) > self._length:
            raise TooLong(f"{value[:20]}… 有 {len(value)} 个字，最多能存 {self._length} 个")
        return value


# SQLite counts rows by itself only in a column of type INTEGER
Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()


def _chat(key: bool = False) -> list[Column[str]]:
    """A chat, or a topic of one."""
    return [
        Column("platform", ShortText(20), primary_key=key, nullable=False),
        Column("chat", ShortText(255), primary_key=key, nullable=False),
        Column("thread", ShortText(255), primary_key=key, nullable=False),
        Column("place", ShortText(20), nullable=False),
    ]


roles = Table(
    "roles",
    metadata,
    Column("platform", ShortText(20), primary_key=True),
    Column("person", ShortText(255), primary_key=True),
    Column("role", ShortText(20), nullable=False),
    Column("granted_by", ShortText(300), nullable=False),
    Column("granted_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", ShortText(300), nullable=False),
    Column("act", ShortText(40), nullable=False),
    Column("outcome", ShortText(20), nullable=False),
    Column("detail", Words, nullable=False),
    Column("actor_salt", ShortText(32), nullable=False),
    Column("actor_seal", ShortText(64), nullable=False),
    Column("detail_salt", ShortText(32), nullable=False),
    Column("detail_seal", ShortText(64), nullable=False),
    Column("previous", ShortText(64), nullable=False),
    Column("digest", ShortText(64), nullable=False, unique=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", ShortText(26), primary_key=True),
    Column("actor", ShortText(300), nullable=False),
    Column("name", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", ShortText(64), nullable=False),
    Column("state", ShortText(20), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("target", Words, nullable=True),
)

shown_answers = Table(
    "shown_answers",
    metadata,
    Column("id", ShortText(26), primary_key=True),
    Column("query", Words, nullable=False),
    Column("platform", ShortText(20), nullable=False),
    Column("chat", ShortText(255), nullable=False),
    Column("asker", ShortText(255), nullable=False),
    Column("version", ShortText(20), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", Moment, nullable=False),
    Index("shown_answers_created", "created"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", ShortText(26), primary_key=True),
    Column("actor", ShortText(300), nullable=False),
    Column("act", ShortText(40), nullable=False),
    Column("detail", Words, nullable=False),
    Column("expires", Moment, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("platform", ShortText(20), primary_key=True),
    Column("chat", ShortText(255), primary_key=True),
    Column("language", ShortText(10), nullable=True),
    Column("facts", Integer, nullable=True),
    Column("askers", ShortText(20), nullable=False),
    Column("library", ShortText(80), nullable=True),
)

questions = Table(
    "questions",
    metadata,
    Column("id", ShortText(16), primary_key=True),
    Column("key", ShortText(256), nullable=False, unique=True),
    Column("text", ShortText(256), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("first", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Column("state", ShortText(20), nullable=False),
)

askers = Table(
    "askers",
    metadata,
    Column("question", ShortText(16), primary_key=True),
    Column("asker", ShortText(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Index("askers_asker", "asker"),
)

alerts = Table(
    "hopes",
    metadata,
    Column("question", ShortText(16), primary_key=True),
    *_chat(key=True),
    Column("language", ShortText(40), nullable=True),
    Column("since", Moment, nullable=False),
)

pinned_answers = Table(
    "pointers",
    metadata,
    Column("key", ShortText(256), primary_key=True),
    Column("fact", ShortText(13), nullable=False),
    Column("since", Moment, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("names", JSON, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_autoincrement=True,  # a number that was shown is never another's
)

watches = Table(
    "watches",
    metadata,
    Column("id", ShortText(26), primary_key=True),
    *_chat(),
    Column("language", ShortText(40), nullable=True),
    Column("words", ShortText(256), nullable=False),
    Column("key", ShortText(256), nullable=False),
    Column("since", Moment, nullable=False),
    UniqueConstraint("platform", "chat", "thread", "key", name="watches_once"),
)

notified = Table(
    "noticed",
    metadata,
    Column("watch", ShortText(26), primary_key=True),
    Column("fact", ShortText(13), primary_key=True),
)

outbox = Table(
    "outgoing",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    *_chat(),
    Column("reply", JSON, nullable=False),
    Column("since", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("outgoing_due", "due"),
    sqlite_autoincrement=True,
)

moves = Table(
    "moves",
    metadata,
    Column("platform", ShortText(20), primary_key=True),
    Column("old", ShortText(255), primary_key=True),
    Column("new", ShortText(255), nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("answer", ShortText(26), primary_key=True),
    Column("person", ShortText(64), primary_key=True),
    Column("liked", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("day", ShortText(10), primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("slowest", JSON, nullable=False),
)

words = Table(
    "words",
    metadata,
    Column("day", ShortText(10), primary_key=True),
    Column("word", ShortText(40), primary_key=True),
    Column("times", Integer, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    Column("name", ShortText(20), primary_key=True),
    Column("value", ShortText(80), nullable=False),
)
