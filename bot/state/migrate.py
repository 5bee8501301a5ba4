"""Bring a database to the tables of this program version; the only place that meets Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.state.errors import StateTooNew

STEPS = Path(__file__).parent / "migrations" / "versions"


def migrate(connection: Connection, where: str) -> None:
    """Run what is missing, inside the connection's transaction: all of it, or nothing.

    Raises:
        StateTooNew: the database is at a step that this program version does not know.
    """
    if (
        _version(connection)
        == max(path.name for path in STEPS.iterdir() if path.match("[0-9]*.py")).split("_")[0]
    ):
        return
    from alembic import command  # a quarter of a second of imports, for nothing at most starts
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(STEPS.parent))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StateTooNew(
            f"数据库 {where} 来自更新的程序版本（{error}）；请升级程序，或换一个数据库"
        ) from error


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
