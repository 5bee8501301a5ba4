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
from sqlalchemy.types import TypeDecorator


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


# SQLite counts rows by itself only in a column of type INTEGER
Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

roles = Table(
    "roles",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("person", String(40), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("granted_by", String(80), nullable=False),
    Column("granted_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("act", String(40), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Column("actor_salt", String(32), nullable=False),
    Column("actor_seal", String(64), nullable=False),
    Column("detail_salt", String(32), nullable=False),
    Column("detail_seal", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("actor", String(80), nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(20), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("target", Text, nullable=True),
)

shown_answers = Table(
    "shown_answers",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("query", Text, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("asker", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", Moment, nullable=False),
    Index("shown_answers_created", "created"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("actor", String(80), nullable=False),
    Column("act", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("expires", Moment, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("chat", String(80), primary_key=True),
    Column("language", String(10), nullable=True),
    Column("facts", Integer, nullable=True),
    Column("askers", String(20), nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key", String(256), nullable=False, unique=True),
    Column("text", String(256), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("first", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Column("state", String(20), nullable=False),
)

askers = Table(
    "askers",
    metadata,
    Column("question", String(16), primary_key=True),
    Column("asker", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Index("askers_asker", "asker"),
)

alerts = Table(
    "hopes",
    metadata,
    Column("question", String(16), primary_key=True),
    Column("platform", String(20), primary_key=True),
    Column("chat", String(80), primary_key=True),
    Column("thread", String(80), primary_key=True),
    Column("place", String(20), nullable=False),
    Column("language", String(40), nullable=True),
    Column("since", Moment, nullable=False),
)

pinned_answers = Table(
    "pointers",
    metadata,
    Column("key", String(256), primary_key=True),
    Column("fact", String(13), nullable=False),
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
    Column("id", String(26), primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("thread", String(80), nullable=False),
    Column("place", String(20), nullable=False),
    Column("language", String(40), nullable=True),
    Column("words", String(256), nullable=False),
    Column("key", String(256), nullable=False),
    Column("since", Moment, nullable=False),
    UniqueConstraint("platform", "chat", "thread", "key", name="watches_once"),
)

notified = Table(
    "noticed",
    metadata,
    Column("watch", String(26), primary_key=True),
    Column("fact", String(13), primary_key=True),
)

outbox = Table(
    "outgoing",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("platform", String(20), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("thread", String(80), nullable=False),
    Column("place", String(20), nullable=False),
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
    Column("platform", String(20), primary_key=True),
    Column("old", String(80), primary_key=True),
    Column("new", String(80), nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("answer", String(26), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("liked", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("slowest", JSON, nullable=False),
)

words = Table(
    "words",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("word", String(40), primary_key=True),
    Column("times", Integer, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", String(80), nullable=False),
)
