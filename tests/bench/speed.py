"""Speed by size: `python -m tests.bench speed [10000 1000000] [SQUAD.json…]`.

The corpus is grown to each size from the seeds, asked the gold questions, or from SQuAD-style files, asked a sample of
their own questions (`grown.py`). CPU of a whole answer (analysis, candidates, ranking, reading, decision, span), by
words alone and with the neural reader, and of finding and ranking in it, stand beside tantivy's bare query on words and
SQLite FTS5's. First comes `chuchu ask` from cold on the seeds, with a warm data folder, without meaning and with it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count, islice
from pathlib import Path
from random import Random
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
from tests.bench.quality import SqliteWords, TantivyWords
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
    parser = argparse.ArgumentParser(prog="tests.bench speed")
    parser.add_argument("given", nargs="*", help="sizes in facts, and SQuAD-style JSON files")
    given: list[str] = parser.parse_args(arguments).given
    paths = [Path(one) for one in given if not one.isdecimal()]
    stock = stock_of(paths) if paths else stock_of_seeds()
    print(f"grown from {stock.name}: {len(stock.clauses):,} clauses, {len(stock.queries):,} queries")
    with tempfile.TemporaryDirectory() as folder:
        _from_cold(Path(folder))
        _from_files(stock, Path(folder))
    for size in [int(one) for one in given if one.isdecimal()] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _measure(stock, size, Path(folder))


def _from_cold(folder: Path) -> None:
    for meaning in ("off", "bundled"):
        settings = environment(CHUCHU_EMBEDDINGS=meaning, CHUCHU_DATA=str(folder / meaning))

        def ask(question: str, settings: dict[str, str] = settings) -> tuple[float, float]:
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "bot", "ask", question]
            subprocess.run(command, env=settings, cwd=folder, stdout=subprocess.DEVNULL, check=True)
            after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
            return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        for question in FROM_COLD:
            ask(question)
            walls, cpus = zip(*(ask(question) for _ in range(COLD_STARTS)), strict=True)
            print(
                f"from cold, meaning {meaning}: {question}: {median(walls):.2f} s, CPU {median(cpus):.2f} s"
                f" (load {os.getloadavg()[0]:.1f})",
                flush=True,
            )


def _from_files(stock: Stock, folder: Path) -> None:
    articles = _new(folder / "articles")
    for number, sentences in enumerate(grown(stock, STORED)):
        (articles / f"{number:07}.txt").write_text(as_file(sentences), encoding="utf-8")
    order, snapshot = BuildRequest(articles), _new(folder / "snapshot")
    began = time.process_time()
    facts = build(order, snapshot).manifest.totals.facts
    spent = time.process_time() - began
    print(f"from files to a stored snapshot: {facts / spent:,.0f} facts/CPU s", flush=True)


def _measure(stock: Stock, size: int, folder: Path) -> None:
    index = folder / "index"
    whole = _spent(lambda: build_index(index, ((one, b"") for one in _documents(stock, size))))
    whole -= _spent(lambda: deque(_documents(stock, size), maxlen=0))
    articles = list(grown(stock, size))
    plain = [text for sentences in articles for text in sentences]
    fields = _spent(lambda: _candidates_only(folder / "grams", articles))
    stored = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    print(
        f"{len(plain):,} facts: candidate fields {len(plain) / fields:,.0f} facts/CPU s, whole index with records"
        f" {len(plain) / whole:,.0f}; {stored / 1e6:.0f} MB"
    )
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    with ExitStack() as held:
        corpus = held.enter_context(open_index(index))
        snapshot = Snapshot("bench", corpus, held, Models(reader=lambda: None))
        opened = time.perf_counter() - began
        read = Snapshot("bench", corpus, held, SHIPPED)
        _found_and_ranked(index, stock.queries)
        ours = _line("chuchu, by words", snapshot.ask, stock.queries)
        _line("chuchu, with the reader", read.ask, stock.queries, FEW_READ)
        used = psutil.Process().memory_info().rss - before
        print(f"  opened in {1000 * opened:.0f} ms; {used / 1e6:.0f} MB more in memory after the queries")
    words = TantivyWords(plain, _new(folder / "words"))
    bare = _line("tantivy on words, bare", words.find, stock.queries)
    sqlite = SqliteWords(plain)
    slow = _line("SQLite FTS5 on words", sqlite.find, stock.queries, FEW)
    sqlite.close()
    print(
        f"  at p50, chuchu takes {ours / bare:.2f} of tantivy's and 1/{slow / ours:.0f} of SQLite's",
        flush=True,
    )


def _found_and_ranked(index: Path, queries: Sequence[str]) -> None:
    """Print the CPU of a query's analysis, its candidates and their ranking."""
    language = ChineseAnalyzer()
    with open_index(index, {}) as corpus:
        _line(
            "found and ranked",
            lambda text: rank(analyse(text, Aliases(), language), None, corpus, language),
            queries,
        )


def _documents(stock: Stock, size: int) -> Iterator[ParsedDocument]:
    return map(as_repaired, count(), grown(stock, size))


def _line(name: str, ask: Callable[[str], object], queries: Sequence[str], most: int = ASKED) -> float:
    """Print the CPU of queries; others, where there are enough, come before and warm up."""
    drawn = Random(1).sample(queries, min(len(queries), most + WARMING))
    warming, measured = (drawn[most:], drawn[:most]) if len(drawn) > most else (drawn, drawn * ROUNDS)
    for query in warming:
        ask(query)
    times = sorted(_spent(partial(ask, query)) for query in measured)
    middle, worst = times[len(times) // 2], times[int(0.99 * len(times))]
    print(f"  {name:28} CPU a query p50 {1000 * middle:.2f} ms, p99 {1000 * worst:.2f} ms", flush=True)
    return middle


def _spent(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def _candidates_only(folder: Path, articles: Iterable[Sequence[str]]) -> EncodedTexts:
    texts: list[EncodedTexts] = []
    keys = count()
    with BigramWriter(folder) as writer:
        for file, sentences in enumerate(articles):
            texts.append(EncodedTexts.of(list(islice(keys, len(sentences))), sentences))
            writer.add(file, texts[-1])
        writer.commit()
    return EncodedTexts.joined(texts)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder
