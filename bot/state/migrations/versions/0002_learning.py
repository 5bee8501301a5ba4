"""Unanswered questions, aliases, watches, what is to be told, votes, figures."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of what the bot learns."""
    op.create_table(
        "questions",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(256), nullable=False, unique=True),
        sa.Column("text", sa.String(256), nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("first", sa.DateTime, nullable=False),
        sa.Column("last", sa.DateTime, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
    )
    op.create_table(
        "askers",
        sa.Column("question", sa.String(16), primary_key=True),
        sa.Column("asker", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("askers_asker", "askers", ["asker"])
    op.create_table(
        "hopes",
        sa.Column("question", sa.String(16), primary_key=True),
        sa.Column("platform", sa.String(20), primary_key=True),
        sa.Column("chat", sa.String(80), primary_key=True),
        sa.Column("thread", sa.String(80), primary_key=True),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("language", sa.String(40), nullable=True),
        sa.Column("since", sa.DateTime, nullable=False),
    )
    op.create_table(
        "pointers",
        sa.Column("key", sa.String(256), primary_key=True),
        sa.Column("fact", sa.String(13), nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
    )
    op.create_table(
        "aliases",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("thread", sa.String(80), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("language", sa.String(40), nullable=True),
        sa.Column("words", sa.String(256), nullable=False),
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.UniqueConstraint("platform", "chat", "thread", "key", name="watches_once"),
    )
    op.create_table(
        "noticed",
        sa.Column("watch", sa.String(26), primary_key=True),
        sa.Column("fact", sa.String(13), primary_key=True),
    )
    op.create_table(
        "outgoing",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("thread", sa.String(80), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("reply", sa.JSON, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("due", sa.DateTime, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("outgoing_due", "outgoing", ["due"])
    op.create_table(
        "votes",
        sa.Column("answer", sa.String(26), primary_key=True),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("liked", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "days",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("milliseconds", sa.BigInteger, nullable=False),
        sa.Column("slowest", sa.JSON, nullable=False),
    )
    op.create_table(
        "words",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("word", sa.String(40), primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("value", sa.String(80), nullable=False),
    )
