"""Vectors on disk: what is appended is found, exactly as a comparison with all of them would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding.writer import VectorsWriter, writing_vectors
from knowledge.index.vectors import COMMITTED, RESCORED, ROWS, Model, Vectors, committed, open_vectors
from knowledge.search.corpus import Array

MODEL = Model("fake-1", 100)


def unit(rows: Array) -> Array:
    found: Array = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return found


def sentences(count: int, rows: int = 1, seed: int = 0) -> list[tuple[int, Array]]:
    random = np.random.default_rng(seed)
    return [(seed * 100_000 + n, unit(random.normal(0.2, 1, (rows, MODEL.dimension)))) for n in range(count)]


def written(folder: Path, *batches: list[tuple[int, Array]]) -> Vectors:
    with writing_vectors(folder, MODEL) as writer:
        for batch in batches:
            writer.add(batch)
    return opened(folder)


def opened(folder: Path) -> Vectors:
    vectors = open_vectors(folder)
    assert vectors is not None
    return vectors


def test_nothing_is_opened_where_nothing_was_written(tmp_path: Path) -> None:
    assert open_vectors(tmp_path) is None
    assert committed(tmp_path).generation == 0


def test_a_vector_comes_back_as_it_was_within_its_eight_bits(tmp_path: Path) -> None:
    batch = sentences(20)
    vectors = written(tmp_path, batch)
    assert all(vectors.vector(n) @ rows[0] > 0.999 for n, (_, rows) in enumerate(batch))


def test_sentences_are_as_alike_as_their_cosines_say(tmp_path: Path) -> None:
    first, second = sentences(30), sentences(10, seed=1)
    vectors = written(tmp_path, first, second)
    query = unit(np.random.default_rng(9).normal(0.2, 1, MODEL.dimension))
    exact = np.array([rows[0] @ query for _, rows in (*first, *second)])
    assert vectors.likeness(query, np.arange(40)) == pytest.approx(exact, abs=0.01)


def test_a_long_sentence_is_as_alike_as_it_and_its_nearest_clause_together(tmp_path: Path) -> None:
    batch = sentences(5, rows=3)
    vectors = written(tmp_path, batch)
    query = batch[2][1][1]
    whole, *parts = batch[2][1] @ query
    assert vectors.likeness(query, np.array([2]))[0] == pytest.approx((whole + max(parts)) / 2, abs=0.01)


def test_among_many_rows_the_nearest_sentence_is_found(tmp_path: Path) -> None:
    batch = sentences(3 * RESCORED)
    vectors = written(tmp_path, batch[:-1], batch[-1:])
    for number in (0, 17, len(batch) - 1):
        near = vectors.nearest(unit(batch[number][1][0] + 0.02))
        assert number in near
        assert len(near) < len(batch)


def test_what_was_cut_short_is_written_over(tmp_path: Path) -> None:
    first = sentences(10)
    written(tmp_path, first)
    told = (tmp_path / COMMITTED).read_bytes()
    written(tmp_path, sentences(10, seed=1))
    (tmp_path / COMMITTED).write_bytes(told)  # as if the power had gone before the second batch was whole
    vectors = written(tmp_path, sentences(10, seed=2))
    assert vectors.keys.tolist() == [*range(10), *range(200_000, 200_010)]
    assert vectors.vector(15) @ sentences(10, seed=2)[5][1][0] > 0.999


def test_a_writer_knows_what_is_there(tmp_path: Path) -> None:
    written(tmp_path, sentences(3))
    with writing_vectors(tmp_path, MODEL) as writer:
        assert 2 in writer
        assert 3 not in writer
        assert len(writer) == 3


def test_another_model_begins_anew_and_the_old_vectors_serve_until_it_has_some(tmp_path: Path) -> None:
    written(tmp_path, sentences(3))
    other = Model("fake-2", MODEL.dimension)
    with writing_vectors(tmp_path, other) as writer:
        assert opened(tmp_path).model == MODEL
        assert 2 not in writer
        writer.add(sentences(2, seed=1))
    assert opened(tmp_path).model == other
    assert len(list(tmp_path.glob("0*"))) == 1


def test_sentences_of_long_ago_go_when_they_are_the_most(tmp_path: Path) -> None:
    with writing_vectors(tmp_path, MODEL) as writer:
        writer.add(sentences(30, rows=2))
        before = opened(tmp_path)
        writer.keep_only(frozenset(range(20)))
        assert len(writer) == 30, "most are needed: not worth a copy"
        writer.keep_only(frozenset({4, 29}))
    after = opened(tmp_path)
    assert after.keys.tolist() == [4, 29]
    assert after.vector(1) == pytest.approx(before.vector(29), abs=1e-5)


def test_a_file_that_is_too_short_is_no_error_for_who_asks(tmp_path: Path) -> None:
    written(tmp_path, sentences(10))
    (tmp_path / "000001" / ROWS).write_bytes(b"")
    assert open_vectors(tmp_path) is None


def test_one_writer_at_a_time_adds_what_another_did_not(tmp_path: Path) -> None:
    with writing_vectors(tmp_path, MODEL) as writer:
        writer.add(sentences(3))
    again = VectorsWriter(tmp_path, MODEL)
    assert all(key in again for key in range(3))
