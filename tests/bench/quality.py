"""Quality on SQuAD-style data: `python -m tests.bench quality FILE.json … [--sample N]`.

Prints sentence MRR@10 and recall of `hits` followed by `related` beside the peers, what mistyped questions lose,
and how well `confidence` knows the questions whose article was removed. The peers are the usual choices: words with
BM25 (bm25s), words in tantivy, words in SQLite FTS5.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from random import Random

import bm25s
import numpy as np
import rjieba
import tantivy
from opencc import OpenCC

from knowledge.search.corpus import Array
from knowledge.snapshot import Snapshot
from knowledge.text.folding import fold, is_hanzi
from knowledge.text.pinyin import sounds
from knowledge.training.question_sets import QuestionSet, load
from tests.bench.measured import drawn

FALSE, DEPTH = 0.05, 10
Variant = Callable[[str], str]
Finder = Callable[[str], Sequence[int]]
"""The numbers of the best texts for a query."""


def main(arguments: Sequence[str]) -> None:
    """Measure every file named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench quality")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, help="questions of each set, drawn at random")
    options = parser.parse_args(arguments)
    if not options.files:
        print("  no data set named: make bench ARGS='quality FILE.json …'")
    for path in options.files:
        data = load(path)
        facts = sum(len(one.facts) for one in data.articles.values())
        print(f"{data.name}: {facts} facts, {len(data.asked)} questions")
        ranking(data, options.sample)
        abstaining(path, options.sample)


def ranking(data: QuestionSet, sample: int | None) -> None:
    """Print MRR@10 and recall, ours and the peers', then what the variants lose."""
    asked = drawn([one for one in data.asked if one.right], sample)
    facts = [fact for repaired in data.articles.values() for fact in repaired.facts]
    texts = [fact.text for fact in facts]

    def told(name: str, find: Callable[[str], Iterable[str]], change: Variant = str) -> None:
        line(name, [reciprocal_rank(list(find(change(one.text))), one.right) for one in asked])

    for name, peer in (("jieba+BM25", jieba_bm25(texts)), ("SQLite FTS5", sqlite_words(texts))):
        told(name, lambda text: (facts[number].id for number in peer(text)))  # noqa: B023  at once
    with closing(Snapshot.of(data.name, data.articles.values())) as opened:

        def shown(text: str) -> Iterable[str]:
            answer = opened.ask(text)
            return (hit.fact.id for hit in (*answer.hits, *answer.related))

        told("chuchu", shown)
        told("chuchu, one homophone", shown, homophone("".join(texts)))
        told("chuchu, in 繁體", shown, OpenCC("s2t").convert)
        told("chuchu, in 简体", shown, OpenCC("t2s").convert)
        told("chuchu, two characters in pinyin", shown, pinyin_word())


def abstaining(path: Path, sample: int | None) -> None:
    """Print how well confidence tells questions whose article is there from those whose article was removed."""
    random, kept = Random(0), dict[int, bool]()
    data = load(path, lambda number: kept.setdefault(number, random.random() < 0.5))
    asked = drawn(data.asked, sample)
    with closing(Snapshot.of(data.name, data.articles.values())) as opened:
        answers = [opened.ask(one.text) for one in asked]
    sure = np.array([answer.confidence for answer in answers])
    there = np.array([kept[one.article] for one in asked])
    found = np.array([answer.found for answer in answers])
    limit = float(np.quantile(sure[~there], 1 - FALSE))
    print(
        f"  half of the articles removed: AUC {auc(sure, there):.3f}; {(sure[there] > limit).mean():.3f} of the "
        f"answerable at {FALSE:.0%} false answers (confidence {limit:.2f}); as set: {found[there].mean():.3f} found,"
        f" {found[~there].mean():.3f} false"
    )


def line(name: str, ranks: Sequence[float]) -> None:
    recalls = " / ".join(
        f"{100 * np.mean([rank >= 1 / depth for rank in ranks]):.1f}" for depth in (1, 5, 10)
    )
    print(f"  {name:32} MRR@10 {100 * np.mean(ranks):.2f}   recall@1/5/10 {recalls}", flush=True)


def reciprocal_rank(shown: Sequence[str], right: frozenset[str]) -> float:
    """Return 1 / the rank of the first right one within DEPTH, else 0."""
    return next((1 / rank for rank, one in enumerate(shown[:DEPTH], 1) if one in right), 0.0)


def auc(scores: Array, positive: Array) -> float:
    """Return the area under the ROC curve: how often a positive outscores a negative (Hanley and McNeil 1982)."""
    _, place, times = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    ones, zeros = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def homophone(common: str, seed: int = 7) -> Variant:
    """Replace one character by another of the same first sound; `common` are the characters people use."""
    readings, random = sounds().readings, Random(seed)
    known = np.unique(np.array([ord(char) for char in common if is_hanzi(char) and ord(char) <= 0xFFFF]))

    def change(question: str) -> str:
        places = [
            at for at, char in enumerate(question) if is_hanzi(char) and char not in "的是了在哪什么多少几谁"
        ]
        random.shuffle(places)
        for at in places:
            alike = known[readings[known, 0] == readings[ord(fold(question[at])), 0]]
            if others := [chr(code) for code in alike.tolist() if chr(code) != question[at]]:
                return question[:at] + random.choice(others) + question[at + 1 :]
        return question

    return change


def pinyin_word(seed: int = 7) -> Variant:
    """Write two neighbouring characters in pinyin."""
    syllables, readings, *_ = sounds()
    random = Random(seed)

    def change(question: str) -> str:
        pairs = enumerate(pairwise(question))
        places = [at for at, (one, other) in pairs if is_hanzi(one) and is_hanzi(other)]
        if not places:
            return question
        at = random.choice(places)
        spelt = "".join(str(syllables[readings[ord(fold(char)), 0]]) for char in question[at : at + 2])
        return f"{question[:at]} {spelt} {question[at + 2 :]}"

    return change


def jieba_bm25(texts: Sequence[str]) -> Finder:
    """jieba and BM25 with the usual k1 = 1.2, b = .75."""
    index = bm25s.BM25(k1=1.2, b=0.75)
    index.index([rjieba.cut(text) for text in texts], show_progress=False)

    def find(query: str) -> Sequence[int]:
        found, _ = index.retrieve([rjieba.cut(query)], k=min(DEPTH, len(texts)), show_progress=False)
        return [int(number) for number in found[0]]

    return find


def tantivy_words(texts: Sequence[str], folder: Path) -> Finder:
    """Words in tantivy, as it scores them."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("n", fast=True)
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    schema = builder.build()
    index = tantivy.Index(schema, path=str(folder))
    writer = index.writer(64_000_000, 1)
    for number, text in enumerate(texts):
        document = tantivy.Document()
        document.add_unsigned("n", number)
        document.add_text("words", " ".join(rjieba.cut(text)))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def find(query: str) -> Sequence[int]:
        terms = [tantivy.Query.term_query(schema, "words", word, "freq") for word in _words(query)]
        either = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        hits = searcher.search(either, DEPTH, count=False).hits
        return [int(n or 0) for n in searcher.fast_field_values("n", [address for _, address in hits])]

    return find


def sqlite_words(texts: Sequence[str]) -> Finder:
    """Words in SQLite FTS5, ranked by its bm25(); the database ends with its finder."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE texts USING fts5(words, content='')")
    rows = ((number, " ".join(rjieba.cut(text))) for number, text in enumerate(texts))
    db.executemany("INSERT INTO texts(rowid, words) VALUES (?, ?)", rows)
    best = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"

    def find(query: str) -> Sequence[int]:
        either = " OR ".join(f'"{word}"' for word in _words(query.replace('"', " ")))
        return [row[0] for row in db.execute(best, (either or '""', DEPTH))]

    return find


def _words(query: str) -> Iterable[str]:
    return dict.fromkeys(word for word in rjieba.cut(query) if word.strip())
