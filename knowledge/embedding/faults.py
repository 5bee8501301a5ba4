"""Sentences over which embedding fails or dies: found one by one, left out from then on, and told with their file.

A batch is noted in a file while it is in hand. Where the process died over a batch, the next one takes its sentences
singly; where it died over a single one, that one is to blame.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from knowledge.model import Skipped
from knowledge.snapshots.crashes import REMEDY
from knowledge.snapshots.files import write_durably

STAGE = "编码"
HAND, LEFT_OUT = "in-hand.json", "left-out.json"
DIED = "编码的进程在这一句上中断"
SAID = 120  # characters of what an error says


class EmbeddingFaults:
    """What a model cannot take of the texts in one folder of vectors; only for who writes there."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = model
        self._left_out: dict[int, tuple[str, str]] = {}
        self.suspects: frozenset[int] = frozenset()
        told = _read(folder / LEFT_OUT)
        if told.get("model") == model:
            self._left_out = {int(key): (name, reason) for key, name, reason in told["left_out"]}
        hand = _read(folder / HAND)
        if hand.get("model") == model:
            keys = [(int(key), str(name)) for key, name in hand["keys"]]
            if len(keys) == 1:
                self._leave_out(*keys[0], DIED)
            else:
                self.suspects = frozenset(key for key, _ in keys)
        (folder / HAND).unlink(missing_ok=True)

    def __contains__(self, key: int) -> bool:
        return key in self._left_out

    def take(self, keys: Iterable[tuple[int, str]]) -> None:
        """Note the sentences that are in hand from now on, each with its file."""
        text = json.dumps({"model": self._model, "keys": list(keys)})
        (self._folder / HAND).write_text(text, encoding="utf-8")

    def lay_down(self) -> None:
        """Have nothing in hand."""
        (self._folder / HAND).unlink(missing_ok=True)

    def fail(self, key: int, name: str, error: Exception) -> None:
        """Leave a sentence out that the model raised something for."""
        said = " ".join(str(error).split())[:SAID]
        self._leave_out(key, name, f"出错（{type(error).__name__}{f'：{said}' if said else ''}）")

    def skipped(self, keys: Iterable[int]) -> list[Skipped]:
        """What of these sentences is left out, each file once."""
        found = dict(self._left_out[key] for key in keys if key in self)
        return [Skipped(name, reason, REMEDY, stage=STAGE) for name, reason in sorted(found.items())]

    def _leave_out(self, key: int, name: str, reason: str) -> None:
        self._left_out[key] = name, reason
        rows = [[key, *told] for key, told in self._left_out.items()]
        told = json.dumps({"model": self._model, "left_out": rows}, ensure_ascii=False)
        write_durably(self._folder / LEFT_OUT, told.encode())


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        told = json.loads(path.read_text(encoding="utf-8"))
        return told if isinstance(told, dict) else {}
    return {}
