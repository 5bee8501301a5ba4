"""Quality on SQuAD-style data: `python -m tests.bench quality FILE.json … [--sample N]`.

Prints sentence MRR@10 and recall of `hits` followed by `related` beside the peers, what mistyped questions lose,
and how well `confidence` knows the questions whose article was removed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import numpy as np

from knowledge.model import Answer
from knowledge.snapshot import Snapshot
from tests.bench.measures import auc, kept_at, recall_at, reciprocal_rank
from tests.bench.peers import JiebaBm25, Peer, SqliteWords
from tests.bench.squad import Asked, Data, load
from tests.bench.variants import homophone, pinyin_word, script

FALSE = 0.05


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench quality")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, help="questions of each set, drawn at random")
    options = parser.parse_args(arguments)
    if not options.files:
        print("  no data set named: make bench ARGS='quality FILE.json …'")
    for path in options.files:
        data = load(path)
        print(f"{data.name}: {sum(len(r.facts) for r in data.repaired)} facts, {len(data.asked)} questions")
        ranking(data, options.sample)
        abstaining(path, options.sample)


def ranking(data: Data, sample: int | None) -> None:
    """Print MRR@10 and recall, ours and the peers', then what the variants lose."""
    asked = drawn([one for one in data.asked if one.right], sample)
    facts = [fact for repaired in data.repaired for fact in repaired.facts]
    texts = [fact.text for fact in facts]
    sqlite = SqliteWords(texts)
    peers: list[Peer] = [JiebaBm25(texts), sqlite]
    for peer in peers:
        line(peer.name, [reciprocal_rank([facts[n].id for n in peer.find(q.text)], q.right) for q in asked])
    sqlite.close()
    with snapshot(data) as opened:
        line("chuchu", [reciprocal_rank(shown(opened.ask(q.text)), q.right) for q in asked])
        common = "".join(texts)
        for name, change in (
            ("one homophone", homophone(common)),
            ("in 繁體", script("s2t")),
            ("in 简体", script("t2s")),
            ("two characters in pinyin", pinyin_word()),
        ):
            ranks = [reciprocal_rank(shown(opened.ask(change(q.text))), q.right) for q in asked]
            line(f"chuchu, {name}", ranks)


def abstaining(path: Path, sample: int | None) -> None:
    """Print how well confidence tells questions whose article is there from those whose article was removed."""
    random = Random(0)
    kept: dict[int, bool] = {}
    data = load(path, lambda number: kept.setdefault(number, random.random() < 0.5))
    asked = drawn(data.asked, sample)
    with snapshot(data) as opened:
        answers = [opened.ask(q.text) for q in asked]
    sure = np.array([answer.confidence for answer in answers])
    answerable = np.array([kept[q.article] for q in asked])
    found = np.array([answer.found for answer in answers])
    share, limit = kept_at(sure, answerable, FALSE)
    print(
        f"  half of the articles removed: AUC {auc(sure, answerable):.3f}; {share:.3f} of the answerable at"
        f" {FALSE:.0%} false answers (confidence {limit:.2f}); as set: {found[answerable].mean():.3f} found,"
        f" {found[~answerable].mean():.3f} false"
    )


def drawn(asked: Sequence[Asked], sample: int | None) -> Sequence[Asked]:
    """Return a random sample, the same every time."""
    return Random(1).sample(asked, min(sample, len(asked))) if sample else asked


def shown(answer: Answer) -> list[str]:
    """Return the ids of all that an answer shows, in order."""
    return [hit.fact.id for hit in (*answer.hits, *answer.related)]


def line(name: str, ranks: Sequence[float]) -> None:
    recalls = " / ".join(f"{100 * recall_at(ranks, depth):.1f}" for depth in (1, 5, 10))
    print(f"  {name:32} MRR@10 {100 * np.mean(ranks):.2f}   recall@1/5/10 {recalls}", flush=True)


@contextmanager
def snapshot(data: Data) -> Iterator[Snapshot]:
    """Build and open a snapshot of a data set."""
    with closing(Snapshot.of(data.name, data.repaired)) as opened:
        yield opened
