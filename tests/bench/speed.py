"""Speed by size: `python -m tests.bench speed [10000 1000000] [SQUAD.json…]`.

The corpus is grown to each size from the seeds, asked the gold questions, or from SQuAD-style files, asked a sample of
their own questions (`grown.py`). CPU of a whole answer (analysis, candidates, ranking, reading, decision, span), by
words alone and with the neural reader, and of finding and ranking in it, stand beside tantivy's bare query on words and
SQLite FTS5's. First comes `chuchu ask` from cold on the seeds, with a warm data folder, without meaning and with it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count, islice, product
from pathlib import Path
from statistics import median

import psutil

from knowledge.index.index import build_index, open_index
from knowledge.index.postings import BigramWriter, EncodedTexts
from knowledge.model import ParsedDocument
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.search.ask import rank
from knowledge.snapshot import SHIPPED, Models, Snapshot
from knowledge.snapshots.build import build
from knowledge.snapshots.request import BuildRequest
from knowledge.text.analyzer import ChineseAnalyzer
from tests.bench.grown import Stock, as_file, as_repaired, grown, stock_of, stock_of_seeds
from tests.bench.measured import at, drawn, folder, percentiles, spent, timed
from tests.bench.quality import sqlite_words, tantivy_words
from tests.support.process import environment

SIZES = (10_000, 100_000)
ASKED, WARMING = 1000, 200
ROUNDS = 4
"""The few gold questions are asked several times over; of a large set each once."""
FEW = 20
"""Queries that SQLite is asked, which takes half a second for one at a million."""
COLD_STARTS = 15
FROM_COLD = ("蕃瓜弄", "临港新片区离岸贸易额是多少")
FEW_READ = 200
STORED = 50_000
"""Facts that go the whole way from files to a stored snapshot."""


def main(arguments: Sequence[str]) -> None:
    """Measure sizes in facts, over the seeds or the SQuAD-style files that are given."""
    sizes = [int(one) for one in arguments if one.isdecimal()] or SIZES
    paths = [Path(one) for one in arguments if not one.isdecimal()]
    stock = stock_of(paths) if paths else stock_of_seeds()
    print(f"grown from {stock.name}: {len(stock.clauses):,} clauses, {len(stock.queries):,} queries")
    with folder() as home:
        _from_cold(home)
        _from_files(stock, home)
    for size in sizes:
        with folder() as home:
            _measure(stock, size, home)


def _from_cold(home: Path) -> None:
    for meaning, question in product(("off", "bundled"), FROM_COLD):
        settings = environment(CHUCHU_EMBEDDINGS=meaning, CHUCHU_DATA=str(home / meaning))
        command = [sys.executable, "-m", "bot", "ask", question]
        walls, cpus = list[float](), list[float]()
        for _ in range(1 + COLD_STARTS):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            with timed(walls):
                subprocess.run(command, env=settings, cwd=home, stdout=subprocess.DEVNULL, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        took = f"{median(walls[1:]):.2f} s, CPU {median(cpus[1:]):.2f} s (load {os.getloadavg()[0]:.1f})"
        print(f"from cold, meaning {meaning}: {question}: {took}", flush=True)


def _from_files(stock: Stock, home: Path) -> None:
    for name in ("articles", "snapshot"):
        (home / name).mkdir()
    for number, sentences in enumerate(grown(stock, STORED)):
        (home / "articles" / f"{number:07}.txt").write_text(as_file(sentences), encoding="utf-8")
    began = time.process_time()
    facts = build(BuildRequest(home / "articles"), home / "snapshot").manifest.totals.facts
    print(
        f"from files to a stored snapshot: {facts / (time.process_time() - began):,.0f} facts/CPU s",
        flush=True,
    )


def _measure(stock: Stock, size: int, home: Path) -> None:
    index = home / "index"
    whole = spent(lambda: build_index(index, ((one, b"") for one in _documents(stock, size))))
    whole -= spent(lambda: deque(_documents(stock, size), maxlen=0))
    articles = list(grown(stock, size))
    plain = [text for sentences in articles for text in sentences]
    fields = spent(lambda: _candidates_only(home / "grams", articles))
    stored = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    print(
        f"{len(plain):,} facts: candidate fields {len(plain) / fields:,.0f} facts/CPU s, whole index with records"
        f" {len(plain) / whole:,.0f}; {stored / 1e6:.0f} MB"
    )
    before, opening, language = psutil.Process().memory_info().rss, list[float](), ChineseAnalyzer()
    with ExitStack() as held:
        with timed(opening):
            corpus = held.enter_context(open_index(index))
            snapshot = Snapshot("bench", corpus, held, Models(reader=lambda: None))
        read = Snapshot("bench", corpus, held, SHIPPED)
        with open_index(index, {}) as other:

            def rank_only(text: str) -> object:
                return rank(analyse(text, Aliases(), language), None, other, language)

            _line("found and ranked", rank_only, stock.queries)
        ours = _line("chuchu, by words", snapshot.ask, stock.queries)
        _line("chuchu, with the reader", read.ask, stock.queries, FEW_READ)
        used = psutil.Process().memory_info().rss - before
        print(f"  opened in {1000 * opening[0]:.0f} ms; {used / 1e6:.0f} MB more in memory after the queries")
    (home / "words").mkdir()
    bare = _line("tantivy on words, bare", tantivy_words(plain, home / "words"), stock.queries)
    slow = _line("SQLite FTS5 on words", sqlite_words(plain), stock.queries, FEW)
    print(
        f"  at p50, chuchu takes {ours / bare:.2f} of tantivy's and 1/{slow / ours:.0f} of SQLite's",
        flush=True,
    )


def _documents(stock: Stock, size: int) -> Iterator[ParsedDocument]:
    return map(as_repaired, count(), grown(stock, size))


def _line(name: str, ask: Callable[[str], object], queries: Sequence[str], most: int = ASKED) -> float:
    """Print the CPU of queries and return the median; others, where there are enough, come before and warm up."""
    asked = drawn(queries, most + WARMING)
    warming, measured = (asked[most:], asked[:most]) if len(asked) > most else (asked, [*asked] * ROUNDS)
    for query in warming:
        ask(query)
    times = [spent(partial(ask, query)) for query in measured]
    print(f"  {name:28} CPU a query {percentiles(times, 50, 99, digits=2)}", flush=True)
    return at(times, 50)


def _candidates_only(folder: Path, articles: Iterable[Sequence[str]]) -> EncodedTexts:
    texts: list[EncodedTexts] = []
    keys = count()
    with BigramWriter(folder) as writer:
        for file, sentences in enumerate(articles):
            texts.append(EncodedTexts.of(list(islice(keys, len(sentences))), sentences))
            writer.add(file, texts[-1])
        writer.commit()
    return EncodedTexts.joined(texts)
