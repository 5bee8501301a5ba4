"""Which chats have a new id."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of moves."""
    op.create_table(
        "moves",
        sa.Column("platform", sa.String(20), primary_key=True),
        sa.Column("old", sa.String(80), primary_key=True),
        sa.Column("new", sa.String(80), nullable=False),
    )
