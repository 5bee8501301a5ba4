"""The screens in README.md, drawn by the real conversation over the seeds: `python -m tests.readme` redraws them."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Settings
from bot.handlers.dispatcher import Dispatcher
from bot.messages import Chat, ChatType, Message, Reply, Sender, Style
from bot.ports import Interactions
from bot.query_service import open_query_service
from bot.terminal.console import open_snapshot
from knowledge.snapshot import SnapshotHolder

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SCREEN = re.compile(r"(<!-- screen: (private|group) (.+?) -->\n```\n)(.*?)(```\n)", re.DOTALL)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def redrawn(text: str) -> str:
    """README's text with every screen as it is today."""
    return asyncio.run(_redrawn(text))


async def _redrawn(text: str) -> str:
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(articles=ROOT / "seeds", data=Path(data), _env_file=None)  # type: ignore[call-arg]
        with open_snapshot(settings) as snapshot, open_query_service(SnapshotHolder(snapshot), 60) as lookup:
            dialogue = Dispatcher(lookup, Interactions(clock=lambda: NOON))
            for screen in list(SCREEN.finditer(text)):
                place, question = ChatType(screen[2]), screen[3]
                message = Message(Chat("telegram", "7", place), "1", Sender("7"), question, NOON)
                (reply,) = await dialogue.message(message)
                drawn = f"{screen[1]}> {question}\n\n{_drawn(reply)}\n{screen[5]}"
                text = text.replace(screen[0], drawn)
    return text


def _drawn(reply: Reply) -> str:
    said = "".join(f"**{run.text}**" if run.style is Style.BOLD else run.text for run in reply.runs)
    rows = [" ".join(f"[{button.label}]" for button in row) for row in reply.buttons]
    return "\n".join([said, *rows])


if __name__ == "__main__":
    README.write_text(redrawn(README.read_text(encoding="utf-8")), encoding="utf-8")
