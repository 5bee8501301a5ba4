"""Roles, audit, uploads, shown answers, confirmations, preferences."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "roles",
        sa.Column("platform", sa.String(20), primary_key=True),
        sa.Column("person", sa.String(40), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("granted_by", sa.String(80), nullable=False),
        sa.Column("granted_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("actor_salt", sa.String(32), nullable=False),
        sa.Column("actor_seal", sa.String(64), nullable=False),
        sa.Column("detail_salt", sa.String(32), nullable=False),
        sa.Column("detail_seal", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("target", sa.Text, nullable=True),
    )
    op.create_table(
        "shown_answers",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("asker", sa.String(40), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
    )
    op.create_index("shown_answers_created", "shown_answers", ["created"])
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("expires", sa.DateTime, nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("platform", sa.String(20), primary_key=True),
        sa.Column("chat", sa.String(80), primary_key=True),
        sa.Column("language", sa.String(10), nullable=True),
        sa.Column("facts", sa.Integer, nullable=True),
        sa.Column("askers", sa.String(20), nullable=False),
    )
