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
        """Store UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class TooLong(StateError, DontWrapMixin):
    """Something is longer than its column; nothing was written."""


class Words(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL does not take."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Take NUL out."""
        return value.replace("\0", "") if value else value


class Line(TypeDecorator[str]):
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

roles = Table(
    "roles",
    metadata,
    Column("platform", Line(20), primary_key=True),
    Column("person", Line(255), primary_key=True),
    Column("role", Line(20), nullable=False),
    Column("granted_by", Line(300), nullable=False),
    Column("granted_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", Line(300), nullable=False),
    Column("act", Line(40), nullable=False),
    Column("outcome", Line(20), nullable=False),
    Column("detail", Words, nullable=False),
    Column("actor_salt", Line(32), nullable=False),
    Column("actor_seal", Line(64), nullable=False),
    Column("detail_salt", Line(32), nullable=False),
    Column("detail_seal", Line(64), nullable=False),
    Column("previous", Line(64), nullable=False),
    Column("digest", Line(64), nullable=False, unique=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Line(26), primary_key=True),
    Column("actor", Line(300), nullable=False),
    Column("name", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Line(64), nullable=False),
    Column("state", Line(20), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("target", Words, nullable=True),
)

shown_answers = Table(
    "shown_answers",
    metadata,
    Column("id", Line(26), primary_key=True),
    Column("query", Words, nullable=False),
    Column("platform", Line(20), nullable=False),
    Column("chat", Line(255), nullable=False),
    Column("asker", Line(255), nullable=False),
    Column("version", Line(20), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", Moment, nullable=False),
    Index("shown_answers_created", "created"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", Line(26), primary_key=True),
    Column("actor", Line(300), nullable=False),
    Column("act", Line(40), nullable=False),
    Column("detail", Words, nullable=False),
    Column("expires", Moment, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("platform", Line(20), primary_key=True),
    Column("chat", Line(255), primary_key=True),
    Column("language", Line(10), nullable=True),
    Column("facts", Integer, nullable=True),
    Column("askers", Line(20), nullable=False),
    Column("library", Line(80), nullable=True),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Line(16), primary_key=True),
    Column("key", Line(256), nullable=False, unique=True),
    Column("text", Line(256), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("first", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Column("state", Line(20), nullable=False),
)

askers = Table(
    "askers",
    metadata,
    Column("question", Line(16), primary_key=True),
    Column("asker", Line(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Index("askers_asker", "asker"),
)

alerts = Table(
    "hopes",
    metadata,
    Column("question", Line(16), primary_key=True),
    Column("platform", Line(20), primary_key=True),
    Column("chat", Line(255), primary_key=True),
    Column("thread", Line(255), primary_key=True),
    Column("place", Line(20), nullable=False),
    Column("language", Line(40), nullable=True),
    Column("since", Moment, nullable=False),
)

pinned_answers = Table(
    "pointers",
    metadata,
    Column("key", Line(256), primary_key=True),
    Column("fact", Line(13), nullable=False),
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
    Column("id", Line(26), primary_key=True),
    Column("platform", Line(20), nullable=False),
    Column("chat", Line(255), nullable=False),
    Column("thread", Line(255), nullable=False),
    Column("place", Line(20), nullable=False),
    Column("language", Line(40), nullable=True),
    Column("words", Line(256), nullable=False),
    Column("key", Line(256), nullable=False),
    Column("since", Moment, nullable=False),
    UniqueConstraint("platform", "chat", "thread", "key", name="watches_once"),
)

notified = Table(
    "noticed",
    metadata,
    Column("watch", Line(26), primary_key=True),
    Column("fact", Line(13), primary_key=True),
)

outbox = Table(
    "outgoing",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("platform", Line(20), nullable=False),
    Column("chat", Line(255), nullable=False),
    Column("thread", Line(255), nullable=False),
    Column("place", Line(20), nullable=False),
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
    Column("platform", Line(20), primary_key=True),
    Column("old", Line(255), primary_key=True),
    Column("new", Line(255), nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("answer", Line(26), primary_key=True),
    Column("person", Line(64), primary_key=True),
    Column("liked", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("day", Line(10), primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("slowest", JSON, nullable=False),
)

words = Table(
    "words",
    metadata,
    Column("day", Line(10), primary_key=True),
    Column("word", Line(40), primary_key=True),
    Column("times", Integer, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    Column("name", Line(20), primary_key=True),
    Column("value", Line(80), nullable=False),
)
