"""All repositories over one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.state.aliases import ChatAliases
from bot.state.audit import Audit
from bot.state.confirmations import Confirmations
from bot.state.copies import Copies
from bot.state.database import open_database
from bot.state.everyone import Everyone
from bot.state.moves import ChatMoves
from bot.state.outgoing import Outgoing
from bot.state.preferences import StoredPreferences
from bot.state.progress import Progress
from bot.state.questions import Questions
from bot.state.roles import Roles
from bot.state.shown import StoredAnswers
from bot.state.uploads import Uploads
from bot.state.usage import Usage
from bot.state.votes import Votes
from bot.state.watches import Watches


@dataclass(frozen=True, slots=True)
class State:
    """The shared state."""

    roles: Roles
    audit: Audit
    uploads: Uploads
    shown: StoredAnswers
    confirmations: Confirmations
    moves: ChatMoves
    preferences: StoredPreferences
    questions: Questions
    aliases: ChatAliases
    watches: Watches
    outgoing: Outgoing
    votes: Votes
    usage: Usage
    progress: Progress
    everyone: Everyone
    copies: Copies


def sqlite_address(data: Path) -> str:
    """The address of the database in the data folder."""
    return f"sqlite+aiosqlite:///{data / 'state.sqlite'}"


@asynccontextmanager
async def open_state(url: str) -> AsyncIterator[State]:
    """Open the shared state at a SQLAlchemy address.

    Raises:
        StateError: it is damaged, too new, or cannot be written.
    """
    async with open_database(url) as database:
        yield State(
            Roles(database),
            Audit(database),
            Uploads(database),
            StoredAnswers(database),
            Confirmations(database),
            ChatMoves(database),
            StoredPreferences(database),
            Questions(database),
            ChatAliases(database),
            Watches(database),
            Outgoing(database),
            Votes(database),
            Usage(database),
            Progress(database),
            Everyone(database),
            Copies(database),
        )
