"""Found in other words: what is close, what is related, and what words alone decide as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from knowledge.documents.folder import read_document
from knowledge.embedding.meanings import NAME, Semantics
from knowledge.embedding.worker import embed_index
from knowledge.index.index import build_index, open_index
from knowledge.model import MatchKind, Tier
from knowledge.repair.pipeline import repair_document
from knowledge.search.semantic import is_close
from knowledge.snapshot import Snapshot
from tests.knowledge.embedding.embedder import FakeEmbedder

RIVER = """江城见闻
本报记者 王一

城西的大桥昨天上午正式通车，市民步行走过桥面。
市里给老人发放了新的公交卡。
图书馆周末延长开放时间。
"""
SCHOOL = """学有所乐
本报记者 李二

今年秋季的学费是五百元，报名的人排起长队。
老师都是志愿者。
课堂设在文化馆的二楼。
教材由学员自己准备。
"""
ISLAND = """岛上的变化
本报记者 张三

有了跨江通道，岛上的蔬菜一小时就能进城。
岛上的民宿多了三十家。
渔民的收入翻了一番。
码头改成了公园。
"""


TOLD = "渔民的收入翻了一番。"


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    with ExitStack() as held:
        model = FakeEmbedder()
        documents = [
            (repair_document(read_document(f"{n}.txt", text.encode())), b"")
            for n, text in enumerate((RIVER, SCHOOL, ISLAND))
        ]
        build_index(tmp_path / "index", documents)
        with open_index(tmp_path / "index") as index:
            embed_index(index, tmp_path / NAME, model, lambda done, of: None)
        semantics = held.enter_context(Semantics(tmp_path, "fake", 5.0, lambda _: model, lambda _: None))
        opened = Snapshot("v1", tmp_path / "index", over=semantics.over)
        held.callback(opened.close)
        yield opened


def test_what_is_told_in_other_words_is_close_and_claims_nothing(snapshot: Snapshot) -> None:
    answer = snapshot.ask("上课的钱")
    assert (answer.tier, answer.found, answer.answer, answer.hits) == (Tier.CLOSE, False, None, ())
    assert "学费" in answer.related[0].fact.text
    assert answer.related[0].rung is MatchKind.MEANING
    assert answer.related[0].why.startswith("意思相近")


def test_what_stands_there_in_the_same_words_is_found_as_without_meaning(snapshot: Snapshot) -> None:
    answer = snapshot.ask("学费是多少")
    assert (answer.tier, answer.answer) == (Tier.FOUND, "五百元")


def test_what_nothing_is_alike_to_is_not_found(snapshot: Snapshot) -> None:
    assert snapshot.ask("火星车降落").tier is Tier.NONE


def test_related_to_a_fact_is_what_another_article_tells_of_the_same(snapshot: Snapshot) -> None:
    bridge = next(fact for fact in snapshot.facts() if "大桥" in fact.text)
    assert ["跨江通道" in fact.text for fact in snapshot.related(bridge)] == [True]


def test_of_some_facts_those_that_mean_what_is_asked_are_picked(snapshot: Snapshot) -> None:
    facts = list(snapshot.facts())
    assert [fact.text[:3] for fact in snapshot.meaning("上课的钱", facts)] == ["今年秋"]
    assert snapshot.meaning("火星车", facts) == ()


def test_a_snapshot_says_how_far_its_embedding_is(snapshot: Snapshot) -> None:
    coverage = snapshot.coverage
    assert coverage is not None
    assert (coverage.model, coverage.embedded) == ("fake-1", coverage.facts)


@pytest.mark.parametrize(
    ("likeness", "facts", "held", "text", "close"),
    [
        (3.2, 200, 0.0, TOLD, True),
        (9.0, 200, 0.0, "作。", False),  # a fragment means nothing
        (3.2, 20_000, 0.0, TOLD, False),  # among more facts chance brings more
        (4.0, 20_000, 0.2, TOLD, True),
        (2.2, 9, 0.0, TOLD, False),  # nor does little likeness say much among a handful
        (9.0, 200, 0.5, TOLD, False),  # its words stand there, and do not answer
        (0.0, 200, 0.0, TOLD, False),
        (0.0, 1, 0.0, TOLD, False),
    ],
)
def test_close_is_what_chance_would_hardly_bring_in_other_words(
    likeness: float, facts: int, held: float, text: str, close: bool
) -> None:
    assert is_close(likeness, facts, held, text) is close
