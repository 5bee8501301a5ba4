"""Speed by size: `python -m tests.bench speed [10000 100000 1000000]`.

The corpus is grown from the seeds: their clauses recombined, a tenth of the characters changed. CPU of a whole
answer (analysis, candidates, ranking, decision, span) stands beside tantivy's bare query on words, and beside
SQLite FTS5 up to 100,000 facts.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import psutil

from knowledge.documents.folder import find_sources, read_sources
from knowledge.facts import stable_id
from knowledge.index.build import build_index
from knowledge.index.columns import Texts, texts
from knowledge.index.grams import GramsWriter
from knowledge.model import Article, Document, Fact, Printed, Repaired, Skipped, Span
from knowledge.repair.document import repair_document
from knowledge.snapshot import Snapshot
from knowledge.text.script import decode, encode
from tests.bench.peers import SqliteWords, TantivyWords
from tests.gold.questions import load

SEEDS = Path(__file__).parents[2] / "seeds"
SIZES = (10_000, 100_000)
FACTS_IN_ARTICLE = 25
CHANGED = 0.1
ROUNDS = 4
SQLITE_UP_TO = 100_000


def main(arguments: Sequence[str]) -> None:
    """Measure each size."""
    for size in [int(argument) for argument in arguments] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _measure(size, Path(folder))


def _measure(size: int, folder: Path) -> None:
    began = time.process_time()
    count = build_index(folder / "index", ((one, b"") for one in _documents(size)))
    whole = time.process_time() - began
    plain = [text for document in _documents(size) for text in (fact.text for fact in document.facts)]
    began = time.process_time()
    _candidates_only(folder / "grams", plain)
    fields = time.process_time() - began
    stored = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    print(
        f"{count:,} facts: candidate fields {count / fields:,.0f} facts/CPU s, whole index with records"
        f" {count / whole:,.0f}; {stored / 1e6:.0f} MB"
    )
    words = TantivyWords(plain, _new(folder / "words"))
    peers: list[tuple[str, Callable[[str], object]]] = [("tantivy on words, bare", words.find)]
    sqlite = SqliteWords(plain) if count <= SQLITE_UP_TO + FACTS_IN_ARTICLE else None
    if sqlite:
        peers.append(("SQLite FTS5 on words", sqlite.find))
    del plain
    queries = [question.query for question in load()]
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    snapshot = Snapshot("bench", folder / "index")
    opened = time.perf_counter() - began
    try:
        base = _line("chuchu, whole answer", snapshot.ask, queries)
        used = psutil.Process().memory_info().rss - before
        for name, find in peers:
            other = _line(name, find, queries)
            print(f"    chuchu takes {base / other:.2f} of that")
        print(
            f"  opened in {1000 * opened:.0f} ms; {used / 1e6:.0f} MB more in memory after {len(queries)} queries"
        )
    finally:
        snapshot.close()
        if sqlite:
            sqlite.close()


def _line(name: str, ask: Callable[[str], object], queries: list[str]) -> float:
    times: list[float] = []
    for query in queries:
        ask(query)
    for query in queries * ROUNDS:
        began = time.process_time()
        ask(query)
        times.append(time.process_time() - began)
    times.sort()
    middle, worst = times[len(times) // 2], times[int(0.99 * len(times))]
    print(f"  {name:28} CPU a query p50 {1000 * middle:.2f} ms, p99 {1000 * worst:.2f} ms", flush=True)
    return middle


def _candidates_only(folder: Path, plain: Sequence[str]) -> Texts:
    writer = GramsWriter(folder)
    rows: list[tuple[int, bytes]] = []
    for key, text in enumerate(plain):
        codes = encode(text)
        writer.add(0, key, decode(codes))
        rows.append((key, codes.tobytes()))
    writer.close()
    return texts(rows)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _documents(size: int) -> Iterator[Repaired]:
    random = Random(5)
    clauses = [
        clause
        for source in find_sources(SEEDS)
        for read in read_sources(source)
        if not isinstance(read, Skipped)
        for fact in repair_document(read[0]).facts
        for clause in re.split(r"[，。；,]", fact.text)
        if len(clause) > 3
    ]
    characters = [char for clause in clauses for char in clause if "一" <= char <= "鿿"]

    def changed(clause: str) -> str:
        return "".join(random.choice(characters) if random.random() < CHANGED else char for char in clause)

    for number in range(-(-size // FACTS_IN_ARTICLE)):
        facts = [
            "，".join(changed(clause) for clause in random.choices(clauses, k=3)) + "。"
            for _ in range(FACTS_IN_ARTICLE)
        ]
        yield _article(f"{number:07}.txt", facts)


def _article(name: str, sentences: Sequence[str]) -> Repaired:
    title = sentences[0][:12]
    document = Document(name, "", 0, "text", "utf-8", (title, *sentences))
    article = Article(stable_id(name, title, 0), name, Printed(title, (Span(1, 0, len(title)),)))
    facts = tuple(
        Fact(stable_id(name, text, line), text, (Span(line, 0, len(text)),), article)
        for line, text in enumerate(sentences, 2)
    )
    return Repaired(document, (article,), facts, ())
