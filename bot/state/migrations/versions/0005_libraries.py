"""The library that a chat is asked in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give chats' choices a library."""
    op.add_column("preferences", sa.Column("library", sa.String(80), nullable=True))
