"""Bring a database to the tables of this program version; the only place that meets Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from bot.state.errors import StateTooNew


def migrate(connection: Connection, where: str) -> None:
    """Run what is missing, inside the connection's transaction: all of it, or nothing.

    Raises:
        StateTooNew: the database is at a step that this program version does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StateTooNew(
            f"数据库 {where} 来自更新的程序版本（{error}）；请升级程序，或换一个数据库"
        ) from error
