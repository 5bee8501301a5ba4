"""Quality on SQuAD-style data: `python -m tests.bench quality FILE.json … [--sample N]`.

Prints sentence MRR@10 and recall of `hits` followed by `related` beside the peers, what mistyped questions lose,
and how well `confidence` knows the questions whose article was removed. The peers are the usual choices: words with
BM25 (bm25s), words in tantivy, words in SQLite FTS5.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Protocol

import bm25s
import numpy as np
import rjieba
import tantivy
from opencc import OpenCC

from knowledge.model import Answer
from knowledge.search.corpus import Array
from knowledge.snapshot import Snapshot
from knowledge.text.folding import fold, is_hanzi
from knowledge.text.pinyin import sounds
from knowledge.training.question_sets import AskedQuestion, QuestionSet, load

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
        print(
            f"{data.name}: {sum(len(r.facts) for r in data.articles.values())} facts, {len(data.asked)} questions"
        )
        ranking(data, options.sample)
        abstaining(path, options.sample)


def ranking(data: QuestionSet, sample: int | None) -> None:
    """Print MRR@10 and recall, ours and the peers', then what the variants lose."""
    asked = drawn([one for one in data.asked if one.right], sample)
    facts = [fact for repaired in data.articles.values() for fact in repaired.facts]
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


def drawn(asked: Sequence[AskedQuestion], sample: int | None) -> Sequence[AskedQuestion]:
    """Return a random sample, the same every time."""
    return Random(1).sample(asked, min(sample, len(asked))) if sample else asked


def shown(answer: Answer) -> list[str]:
    """Return the ids of all that an answer shows, in order."""
    return [hit.fact.id for hit in (*answer.hits, *answer.related)]


def line(name: str, ranks: Sequence[float]) -> None:
    recalls = " / ".join(f"{100 * recall_at(ranks, depth):.1f}" for depth in (1, 5, 10))
    print(f"  {name:32} MRR@10 {100 * np.mean(ranks):.2f}   recall@1/5/10 {recalls}", flush=True)


@contextmanager
def snapshot(data: QuestionSet) -> Iterator[Snapshot]:
    """Build and open a snapshot of a data set."""
    with closing(Snapshot.of(data.name, data.articles.values())) as opened:
        yield opened


DEPTH = 10


def reciprocal_rank(shown: Sequence[str], right: frozenset[str]) -> float:
    """Return 1 / the rank of the first right one within DEPTH, else 0."""
    return next((1 / rank for rank, one in enumerate(shown[:DEPTH], 1) if one in right), 0.0)


def recall_at(ranks: Sequence[float], depth: int) -> float:
    """Return the share of reciprocal ranks that lie within `depth`."""
    return float(np.mean([rank >= 1 / depth for rank in ranks]))


def auc(scores: Array, positive: Array) -> float:
    """Return the area under the ROC curve: how often a positive outscores a negative (Hanley and McNeil 1982)."""
    order = np.argsort(scores, kind="stable")
    values, place = np.unique(scores[order], return_inverse=True)
    middle = np.array([np.flatnonzero(place == at).mean() + 1 for at in range(len(values))])
    ranks = np.empty(len(scores))
    ranks[order] = middle[place]
    ones, zeros = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def kept_at(scores: Array, positive: Array, false: float) -> tuple[float, float]:
    """Return the share of positives above the score that lets the share `false` of negatives through, and it."""
    limit = float(np.quantile(scores[~positive], 1 - false))
    return float((scores[positive] > limit).mean()), limit


Variant = Callable[[str], str]


def homophone(common: str, seed: int = 7) -> Variant:
    """Replace one character by another of the same first sound; `common` are the characters people use."""
    readings = sounds().readings
    known = np.unique(np.array([ord(char) for char in common if is_hanzi(char) and ord(char) <= 0xFFFF]))
    random = Random(seed)

    def change(question: str) -> str:
        places = [
            at for at, char in enumerate(question) if is_hanzi(char) and char not in "的是了在哪什么多少几谁"
        ]
        random.shuffle(places)
        for at in places:
            alike = known[readings[known, 0] == readings[ord(fold(question[at])), 0]]
            others = [chr(code) for code in alike.tolist() if chr(code) != question[at]]
            if others:
                return question[:at] + random.choice(others) + question[at + 1 :]
        return question

    return change


def script(config: str) -> Variant:
    """Convert by an OpenCC configuration: s2t, t2s, s2tw."""
    return OpenCC(config).convert


def pinyin_word(seed: int = 7) -> Variant:
    """Write two neighbouring characters in pinyin."""
    syllables, readings, *_ = sounds()
    random = Random(seed)

    def change(question: str) -> str:
        places = [
            at for at in range(len(question) - 1) if is_hanzi(question[at]) and is_hanzi(question[at + 1])
        ]
        if not places:
            return question
        at = random.choice(places)
        spelt = "".join(str(syllables[readings[ord(fold(char)), 0]]) for char in question[at : at + 2])
        return f"{question[:at]} {spelt} {question[at + 2 :]}"

    return change


class Peer(Protocol):
    """Finds the numbers of the best texts."""

    name: str

    def find(self, query: str) -> Sequence[int]: ...


class JiebaBm25:
    """jieba and BM25 with the usual k1 = 1.2, b = .75."""

    name = "jieba+BM25"

    def __init__(self, texts: Sequence[str]) -> None:
        self._index = bm25s.BM25(k1=1.2, b=0.75)
        self._index.index([rjieba.cut(text) for text in texts], show_progress=False)
        self._size = len(texts)

    def find(self, query: str) -> Sequence[int]:
        depth = min(DEPTH, self._size)
        found, _ = self._index.retrieve([rjieba.cut(query)], k=depth, show_progress=False)
        return [int(number) for number in found[0]]


class TantivyWords:
    """Words in tantivy, as it scores them."""

    name = "tantivy words"

    def __init__(self, texts: Sequence[str], folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("n", fast=True)
        builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        index = tantivy.Index(self._schema, path=str(folder))
        writer = index.writer(64_000_000, 1)
        for number, text in enumerate(texts):
            document = tantivy.Document()
            document.add_unsigned("n", number)
            document.add_text("words", " ".join(rjieba.cut(text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def find(self, query: str) -> Sequence[int]:
        words = dict.fromkeys(word for word in rjieba.cut(query) if word.strip())
        terms = [tantivy.Query.term_query(self._schema, "words", word, "freq") for word in words]
        either = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        hits = self._searcher.search(either, DEPTH, count=False).hits
        return [int(n or 0) for n in self._searcher.fast_field_values("n", [address for _, address in hits])]


class SqliteWords:
    """Words in SQLite FTS5, ranked by its bm25()."""

    name = "SQLite FTS5"

    def __init__(self, texts: Sequence[str]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE texts USING fts5(words, content='')")
        rows = ((number, " ".join(rjieba.cut(text))) for number, text in enumerate(texts))
        self._db.executemany("INSERT INTO texts(rowid, words) VALUES (?, ?)", rows)

    def find(self, query: str) -> Sequence[int]:
        words = [word.replace('"', "") for word in rjieba.cut(query)]
        either = " OR ".join(f'"{word}"' for word in dict.fromkeys(words) if word.strip())
        rows = self._db.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (either or '""', DEPTH)
        )
        return [row[0] for row in rows]

    def close(self) -> None:
        self._db.close()
