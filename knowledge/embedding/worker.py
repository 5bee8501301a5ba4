"""Embed what a snapshot has that was never embedded, in a process of its own that gives way to everybody.

`python -m knowledge.embedding.worker VECTORS INDEX EMBEDDINGS NICE`. It waits its turn where another embeds into the same
folder, then finds less to do. Standard output: a line of JSON per batch, `{"done": 96, "of": 240}`; the last has the
key `ended`, with what went wrong or null, and `skipped`, the files of which a sentence was left out, with the reason. When standard input closes, everything ends; what is embedded stays.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from os import _exit, nice
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedding.models import open_embedder
from knowledge.embedding.vectors import Model, text_key, writing_vectors
from knowledge.errors import EmbeddingFailed, blames_machine
from knowledge.index.index import Index, open_index
from knowledge.model import Fact, Skipped
from knowledge.search.corpus import Array
from knowledge.search.semantic import Embedder, clauses
from knowledge.snapshots.files import write_durably
from knowledge.snapshots.repository import REMEDY
from knowledge.text.folding import fold

STAGE = "编码"
HAND, LEFT_OUT = "in-hand.json", "left-out.json"
DIED = "编码的进程在这一句上中断"
SAID = 120  # characters of what an error says


class EmbeddingFaults:
    """Sentences that a model fails or dies over, in one folder of vectors; only for who writes there.

    A batch is noted in a file while it is in hand. Where the process died over a batch, the next one takes its
    sentences singly; where it died over a single one, that one is to blame, and left out from then on.
    """

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
        kind, said = type(error).__name__, " ".join(str(error).split())[:SAID]
        self._leave_out(key, name, f"出错（{kind}：{said}）" if said else f"出错（{kind}）")

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


ENVIRONMENT = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
"""What the process sees of ours: no token, no address, and one thread."""
NICE = 19
BATCH = 32
SAMPLE = 64
"""Sentences from all over the library that come first: they tell what an average one is."""
WITH_CLAUSES = 50_000
"""Facts up to which clauses are embedded too: they double the work and find long sentences better (docs/search.md)."""

Progress = Callable[[int, int], None]
"""Told how many of how many facts are embedded."""


def embed_index(index: Index, folder: Path, embedder: Embedder, progress: Progress) -> list[Skipped]:
    """Embed the facts of an index that are not in the vectors of `folder` yet; return what was left out.

    A sentence that the model raises something for, or dies over, costs that sentence, and no other try is made.

    Raises:
        EmbeddingFailed: the model does not answer; what it has answered before is kept.
    """
    columns = index.columns
    keys = [text_key(columns.text(number)) for number in range(len(columns))]
    with writing_vectors(folder, Model(embedder.name, embedder.dimension)) as writer:
        faults = EmbeddingFaults(folder, embedder.name)
        missing = list(
            {key: n for n, key in enumerate(keys) if key not in writer and key not in faults}.values()
        )
        done = len(keys) - len(missing)
        progress(done, len(keys))
        singly = [number for number in missing if keys[number] in faults.suspects]
        rest = [number for number in missing if keys[number] not in faults.suspects]
        first = 0 if len(writer) else SAMPLE
        for numbers in (*_batches(rest, first), *([number] for number in singly)):
            facts = index.facts_at(columns.keys[numbers].tolist())
            batch = [(keys[n], fact) for n, fact in zip(numbers, facts, strict=True)]
            if embedded := _embedded(batch, embedder, len(keys), faults):
                writer.add(embedded)
            done += len(numbers)
            progress(done, len(keys))
        writer.keep_only(frozenset(keys))
        return faults.skipped(keys)


def _batches(missing: Sequence[int], first: int) -> Iterator[list[int]]:
    """Cut into batches, a larger first one from all over."""
    rest = missing
    if first and missing:
        spread = missing[:: max(1, len(missing) // first)][:first]
        yield list(spread)
        taken = frozenset(spread)
        rest = [number for number in missing if number not in taken]
    for start in range(0, len(rest), BATCH):
        yield list(rest[start : start + BATCH])


def _embedded(
    batch: Sequence[tuple[int, Fact]], embedder: Embedder, facts: int, faults: EmbeddingFaults
) -> list[tuple[int, Array]]:
    """The vectors of some sentences; where the model fails over them, of those for which it does not."""
    folded = [fold(fact.text) for _, fact in batch]
    parts = [[text, *(clauses(text) if facts <= WITH_CLAUSES else ())] for text in folded]
    faults.take((key, fact.article.file) for key, fact in batch)
    try:
        vectors = embedder.embed([part for some in parts for part in some])
    except EmbeddingFailed:
        raise
    except Exception as error:
        if blames_machine(error):
            raise
        if len(batch) == 1:
            ((key, fact),) = batch
            faults.fail(key, fact.article.file, error)
            return []
        return [row for one in batch for row in _embedded([one], embedder, facts, faults)]
    finally:
        faults.lay_down()
    ends = np.cumsum([len(some) for some in parts])
    return list(zip([key for key, _ in batch], np.split(vectors, ends[:-1]), strict=True))


def worker_arguments(folder: Path, index: Path, embeddings: str, niceness: int = NICE) -> list[str]:
    """What a Python of ours is given to embed an index."""
    return ["-m", "knowledge.embedding.worker", str(folder), str(index), embeddings, str(niceness)]


def embed_aside(folder: Path, index: Path, embeddings: str, niceness: int = NICE) -> subprocess.Popen[bytes]:
    """Start embedding in a process that outlives this one; who waits for it need not be nice."""
    return subprocess.Popen(  # noqa: S603 our own command
        [sys.executable, *worker_arguments(folder, index, embeddings, niceness)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        start_new_session=True,
    )


def main(arguments: Sequence[str]) -> int:
    folder, index, embeddings, niceness = arguments
    nice(int(niceness))
    threading.Thread(target=_end_with_input, daemon=True).start()

    def say(**line: object) -> None:
        print(json.dumps(line), flush=True)

    try:
        with open_index(Path(index)) as opened:
            skipped = embed_index(
                opened, Path(folder), open_embedder(embeddings), lambda done, of: say(done=done, of=of)
            )
    except (EmbeddingFailed, OSError) as error:
        say(ended=str(error))
        return 1
    say(ended=None, skipped=[[one.name, one.reason] for one in skipped])
    return 0


def _end_with_input() -> None:
    gone = select.poll()
    gone.register(sys.stdin, 0)  # for nothing but that it was closed
    gone.poll()
    _exit(2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
