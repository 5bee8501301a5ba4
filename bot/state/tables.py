"""The tables of the shared state; `migrations/` brings an older database to this."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
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
