"""Meaning: `python -m tests.bench meaning fit|judge FILE.json … | speed N …`.

`fit` prints RANKING_WITH_MEANING of `knowledge/search/ranking.py`: the listwise model of `fit`, on each question as
it is and once more with its words replaced by synonyms (`--synonyms`, lines of `code= word word …`). `judge` prints
MRR@10 by words and by both. `speed` searches so many vectors, mixed from those of our own sentences. Vectors are kept in `--vectors`, so that no sentence is
embedded twice. `paraphrases` beside this asks our own questions in other words.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import numpy as np
import rjieba

from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import BUNDLED, open_embedder
from knowledge.embedding.vectors import Model, open_vectors, writing_vectors
from knowledge.embedding.worker import embed_index
from knowledge.index.index import Index, build_index, open_index
from knowledge.model import ParsedDocument
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.search.ask import rank
from knowledge.search.corpus import Array
from knowledge.search.ranking import FEATURES
from knowledge.search.semantic import Meanings, clauses
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer
from knowledge.text.folding import fold
from knowledge.training.question_sets import AskedQuestion, QuestionSet, load
from knowledge.training.ranking import Example, fit_ranking
from tests.bench.measured import at, drawn, folder
from tests.bench.quality import DEPTH, line
from tests.gold.sentences import repaired

PATIENCE = 30.0  # seconds for a query's vector: nobody waits here
TOP, QUERIES, CHUNK = 20, 10, 50_000
NOISE = 0.01  # a fifth of what a number of a vector is
GOLD = Path(__file__).parents[1] / "gold"


def main(arguments: Sequence[str]) -> None:
    """Do one of the three; by itself, search 200,000 vectors."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench meaning")
    parser.add_argument("what", nargs="?", choices=("fit", "judge", "speed"), default="speed")
    parser.add_argument("given", nargs="*")
    parser.add_argument("--synonyms", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--sample", type=int, default=500)
    options = parser.parse_args(arguments)
    if options.what == "speed":
        for size in map(int, options.given or ["200000"]):
            speed(size)
        return
    with folder() as aside:
        vectors, sets = options.vectors or aside, [load(Path(name)) for name in options.given]
        if options.what == "fit":
            fit(sets, vectors, synonyms(options.synonyms), options.sample)
        else:
            for data in sets:
                judge(data, vectors, options.sample)


def fit(sets: Sequence[QuestionSet], vectors: Path, others: dict[str, list[str]], sample: int) -> None:
    """Print the weights of words and meaning together."""
    language, examples = ChineseAnalyzer(), list[Example]()
    for data in sets:
        asked = drawn([one for one in data.asked if one.right], sample)
        with embedded(data.articles.values(), vectors / data.name) as (index, semantics):
            meanings = semantics.over(index.columns)
            for in_synonyms in (False, True):
                for one in asked:
                    text = _in_synonyms(one.text, others) if in_synonyms else one.text
                    features, _, right = _ranked(index, language, text, one, meanings)
                    if right.any():
                        examples.append(Example(features, right, 1 / len(asked)))
    weights = fit_ranking(examples)
    told = {feature.__name__: round(float(w), 3) for feature, w in zip(FEATURES, weights, strict=True)}
    print("RANKING_WITH_MEANING", told)


def judge(data: QuestionSet, vectors: Path, sample: int) -> None:
    """Print how far up the right sentence stands, by words and by both."""
    language = ChineseAnalyzer()
    asked = drawn([one for one in data.asked if one.right], sample)
    ranks: dict[str, list[float]] = {"words": [], "words and meaning": []}
    with embedded(data.articles.values(), vectors / data.name) as (index, semantics):
        by = {"words": None, "words and meaning": semantics.over(index.columns)}
        print(f"{data.name}: {len(index.columns)} facts, {len(asked)} questions")
        for one in asked:
            for name, meanings in by.items():
                _, scores, right = _ranked(index, language, one.text, one, meanings)
                place = int((scores > scores[right].max()).sum()) if right.any() else TOP
                ranks[name].append(1 / (place + 1) if place < DEPTH else 0.0)
    for name, places in ranks.items():
        line(name, places)


def _ranked(
    index: Index, language: Analyzer, text: str, asked: AskedQuestion, by: Meanings | None
) -> tuple[Array, Array, Array]:
    """The features and scores of what is found, and which of it is right; empty where nothing is."""
    query = analyse(text, Aliases(), language)
    ranked = rank(query, None, index, language, by.of(query.text) if by else None)
    if not ranked:
        return np.zeros(0), np.zeros(0), np.zeros(0, np.bool_)
    facts = index.facts_at([int(key) for key in index.columns.keys[ranked.pool.rows]])
    return ranked.features, ranked.scores, np.array([fact.id in asked.right for fact in facts])


def speed(size: int) -> None:
    """Print what so many vectors weigh, how long a query takes and how many of the nearest it finds."""
    random, (stock, asked) = np.random.default_rng(0), _stock()
    with folder() as home:
        with writing_vectors(home, Model("mixed", stock.shape[1])) as writer:
            for start in range(0, size, 10_000):
                some = _mixed(random, stock, min(10_000, size - start))
                writer.add([(start + n, row[None]) for n, row in enumerate(some)])
        weight = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
        vectors = open_vectors(home)
        assert vectors is not None
        parts = [np.arange(start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)]
        times, found = [], []
        for query in asked:
            began = time.process_time()
            near = vectors.nearest(query)
            best = near[np.argsort(-vectors.likeness(query, near))[:TOP]]
            times.append(time.process_time() - began)
            alike = np.concatenate([vectors.likeness(query, part) for part in parts])
            found.append(len(np.intersect1d(best, np.argsort(-alike)[:TOP])) / TOP)
    took = f"CPU a query p50 {at(times, 50):.1f} ms"
    print(
        f"  {size} vectors: {weight / 1e6:.0f} MB, {took}, {np.mean(found):.3f} of the {TOP} nearest found",
        flush=True,
    )


def _stock() -> tuple[Array, Array]:
    """The vectors of our own sentences and their clauses, and of our questions in other words."""
    facts = [fact for one in (*repaired(), *repaired(folder=GOLD / "meaning")) for fact in one.facts]
    texts = [part for fact in facts for part in (fold(fact.text), *clauses(fold(fact.text)))]
    rows = (GOLD / "paraphrases.jsonl").read_text(encoding="utf-8").splitlines()
    embedder = open_embedder(BUNDLED)
    asked = [fold(json.loads(row)["query"]) for row in rows[:: max(1, len(rows) // QUERIES)]]
    return embedder.embed(texts), embedder.embed(asked, asked=True)


def _mixed(random: np.random.Generator, stock: Array, count: int) -> Array:
    """Vectors of length 1 each between two of the stock, and with noise."""
    one, other = (stock[random.integers(0, len(stock), count)] for _ in range(2))
    share = random.random((count, 1), np.float32)
    noise = NOISE * random.standard_normal((count, stock.shape[1]), np.float32)
    rows = share * one + (1 - share) * other + noise
    unit: Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@contextmanager
def embedded(articles: Iterable[ParsedDocument], vectors: Path) -> Iterator[tuple[Index, Semantics]]:
    """Build the index of articles and embed what their vectors have not yet."""
    vectors.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        home = held.enter_context(folder()) / "index"
        build_index(home, ((one, b"") for one in articles))
        index = held.enter_context(open_index(home))
        semantics = held.enter_context(Semantics(vectors, BUNDLED, PATIENCE))
        embed_index(index, semantics.folder, open_embedder(BUNDLED), lambda done, of: None)
        yield index, semantics


def synonyms(path: Path | None) -> dict[str, list[str]]:
    """Read which words mean the same and share no character."""
    found: dict[str, list[str]] = {}
    for row in path.read_text(encoding="utf-8").splitlines() if path else ():
        code, _, words = row.partition(" ")
        group = [word for word in words.split() if len(word) > 1 and code.endswith("=")]
        for word in group:
            found.setdefault(word, []).extend(other for other in group if not set(other) & set(word))
    return {word: others for word, others in found.items() if others}


def _in_synonyms(text: str, others: dict[str, list[str]]) -> str:
    """Replace every word that has a synonym, the same way each time."""
    random = Random(text)
    return "".join(random.choice(others[word]) if word in others else word for word in rjieba.cut(text))
