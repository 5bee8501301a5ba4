"""Other words for the same thing: `python -m tests.bench paraphrases [FOLDER …] [--vectors DIR] [--show HALF]`.

Asks the questions of `tests/gold/paraphrases.jsonl` of the articles in `tests/gold/meaning` and of the seeds, and those
of `questions.jsonl` in each folder given, which lies beside its articles. A row has `half`: `seen` was looked at while
tuning, `kept` never. Prints how often the right fact is found or shown as close first and among the first three, by
kind (`other` words, `half` of them other, `concept`; apart from these in `english` and in `pinyin`), and what is
claimed of those that nothing answers. `--show` prints
what is missed in one half.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from knowledge.model import Answer
from knowledge.snapshot import Models, Snapshot
from tests.bench.meaning import embedded
from tests.bench.measured import folder
from tests.gold.sentences import repaired
from tests.support.reading import patient_reader

ROOT = Path(__file__).parents[2]
GOLD = ROOT / "tests" / "gold"
FOLDERS = {"meaning": GOLD / "meaning", "seeds": ROOT / "seeds"}
LATIN = frozenset({"english", "pinyin"})


@dataclass(frozen=True, slots=True)
class Row:
    """A question, and a piece of the fact that answers it; None where none does."""

    half: str
    kind: str
    query: str
    right: str | None


def main(arguments: Sequence[str]) -> None:
    """Ask every set by words and by words and meaning."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench paraphrases")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--show", choices=("seen", "kept"))
    options = parser.parse_args(arguments)
    sets = {name: _rows(GOLD / "paraphrases.jsonl", name) for name in FOLDERS}
    folders = dict(FOLDERS)
    for place in options.folders:
        folders[str(place)], sets[str(place)] = place, _rows(place / "questions.jsonl")
    with folder() as aside:
        for name, rows in sets.items():
            with asked_of(folders[name], (options.vectors or aside) / f"of-{folders[name].name}") as (
                words,
                both,
            ):
                for half, latin in product(("seen", "kept"), (False, True)):
                    some = [row for row in rows if row.half == half and (row.kind in LATIN) == latin]
                    if some:
                        told = f"{folders[name].name}, {half}{', Latin letters' if latin else ''}"
                        met(words, f"{told}: words", some)
                        met(both, f"{told}: words and meaning", some, options.show == half)


def _rows(path: Path, on: str | None = None) -> list[Row]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Row(*(row[name] for name in Row.__slots__)) for row in rows if on is None or row["on"] == on]


@contextmanager
def asked_of(articles: Path, vectors: Path) -> Iterator[tuple[Snapshot, Snapshot]]:
    """Lend a folder's articles, once searched by words alone and once by meaning too."""
    with ExitStack() as held:
        opened, semantics = held.enter_context(embedded(repaired(folder=articles), vectors))
        by_words, by_meaning = (Models(over=over, reader=patient_reader) for over in (None, semantics.over))
        yield Snapshot("v1", opened, held, by_words), Snapshot("v1", opened, held, by_meaning)


def met(snapshot: Snapshot, name: str, rows: Sequence[Row], show: bool = False) -> None:
    """Ask the questions and print what came of them."""
    asked, first, third = Counter[str](), Counter[str](), Counter[str]()
    claimed = close = wrongly = 0
    for row in rows:
        answer = snapshot.ask(row.query, 10)
        if row.right is None:
            claimed += answer.found
            close += answer.close
            continue
        hits = answer.hits if answer.found else answer.related if answer.close else ()
        right = [_bare(row.right) in _bare(hit.fact.text) for hit in hits]
        is_first = right[:1] == [True]
        asked[row.kind] += 1
        first[row.kind] += is_first
        third[row.kind] += any(right[:3])
        wrongly += answer.found and not is_first
        if show and not is_first:
            _tell(row, answer)
    total, unanswerable = asked.total(), sum(row.right is None for row in rows)
    by_kind = ", ".join(f"{kind} {first[kind]}/{third[kind]}/{asked[kind]}" for kind in asked)
    best = f"@1 {first.total() / total:.2f} @3 {third.total() / total:.2f} of {total}"
    rest = f"; of {unanswerable} unanswerable {claimed} claimed, {close} close" if unanswerable else ""
    print(f"  {name:46} {best} ({by_kind}), {wrongly} claimed wrongly{rest}", flush=True)


def _tell(row: Row, answer: Answer) -> None:
    hits = answer.hits or answer.related
    right = [_bare(row.right or "") in _bare(hit.fact.text) for hit in hits]
    place = right.index(True) + 1 if any(right) else None
    top = hits[0].fact.text[:40] if hits else ""
    differing = [one.asked for one in answer.differences]
    told = f"{answer.tier} {answer.confidence:.2f} at {place}: {top} {differing}"
    print(f"    {row.kind} {row.query} [{row.right}] {told}")


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)
