"""A reader looks at the leading facts: as few as it can, in its time, and never at what is barred already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import pytest

from knowledge.answering.reader import DoubtedWord, ProposedSpan, Window, WindowReading
from knowledge.documents.folder import read_document
from knowledge.embedding.meanings import NAME, Semantics
from knowledge.embedding.worker import embed_index
from knowledge.index.index import build_index, open_index
from knowledge.model import MatchKind, Tier
from knowledge.repair.pipeline import repair_document
from knowledge.search.semantic import is_close
from knowledge.snapshot import Models, Snapshot
from tests.knowledge.embedding.embedder import FakeEmbedder

BRIDGE = """大桥通车

柳湾大桥全长1860米，由柳江路桥公司承建。
柳湾大桥2022年9月通车，总投资3亿元。
柳湾大桥的引桥长420米，由青山集团承建。
柳湾大桥的收费站有6个车道。
"""


class FakeReader:
    """Finds an answer in the sentences that hold a word, and gives up after so many windows."""

    def __init__(self, holding: str, most: int = 99) -> None:
        self.holding = holding
        self.most = most
        self.seen: list[str] = []

    def read(
        self, question: str, windows: Sequence[Window], *, seconds: float
    ) -> Iterator[WindowReading | None]:
        for window in windows:
            if len(self.seen) == self.most:
                yield None
                continue
            self.seen.append(window.sentence)
            at = window.sentence.find(self.holding)
            spans = (ProposedSpan(at, at + len(self.holding), 0.99),) if at >= 0 else ()
            doubts = (DoubtedWord(0, len(question), 0.01 if at >= 0 else 0.99),)
            yield WindowReading(spans, 0.99 if at >= 0 else 0.01, doubts)


@contextmanager
def serving(reader: FakeReader | None) -> Iterator[Snapshot]:
    with closing(
        Snapshot.of("v1", [repair_document(read_document("1.txt", BRIDGE.encode()))], reader=lambda: reader)
    ) as snapshot:
        yield snapshot


@pytest.mark.parametrize(
    ("query", "holding", "seen", "found", "answer"),
    [
        ("柳湾大桥全长多少米", "1860米", ["柳湾大桥全长18"], True, "1860米"),  # a sure reading is the last
        ("柳湾大桥", "柳湾大桥", [], True, None),  # as typed
        ("1860", "1860米", [], True, "柳湾大桥全长1860米"),  # words decide
        ("柳湾大桥宽多少米", "1860米", None, False, None),  # nor is what is barred already
        ("柳湾大桥 收费站 车道", "收费站有", ["柳湾大桥的收费站"], True, None),  # nothing is asked for
    ],
)
def test_the_reader_looks_at_no_more_than_it_has_to(
    query: str, holding: str, seen: list[str] | None, found: bool, answer: str | None
) -> None:
    reader = FakeReader(holding)
    with serving(reader) as snapshot:
        said = snapshot.ask(query)
    assert (said.found, said.answer) == (found, answer)
    assert [sentence[:8] for sentence in reader.seen] == seen or seen is None
    assert not any("1860" in sentence for sentence in reader.seen) or seen


def test_no_more_than_three_facts_are_read_and_doubt_tells() -> None:
    reader = FakeReader("没有的话")
    with serving(reader) as doubting, serving(None) as alone:
        doubted, plain = doubting.ask("柳湾大桥什么时候通车"), alone.ask("柳湾大桥什么时候通车")
    assert len(reader.seen) == 3
    assert doubted.confidence < plain.confidence - 0.2


@pytest.mark.parametrize("query", ["柳湾大桥全长多少米", "柳湾大桥什么时候通车", "柳湾大桥"])
def test_a_reader_out_of_time_leaves_the_answer_to_words(query: str) -> None:
    with serving(None) as alone, serving(FakeReader("", most=0)) as late:
        without, out_of_time = alone.ask(query), late.ask(query)
    assert (without.found, without.answer, without.confidence) == (
        out_of_time.found,
        out_of_time.answer,
        out_of_time.confidence,
    )


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


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder, model = tmp_path_factory.mktemp("meanings"), FakeEmbedder()
    texts = enumerate((RIVER, SCHOOL, ISLAND))
    documents = [repair_document(read_document(f"{n}.txt", text.encode())) for n, text in texts]
    build_index(folder / "index", [(one, b"") for one in documents])
    with ExitStack() as held:
        index = held.enter_context(open_index(folder / "index"))
        embed_index(index, folder / NAME, model, lambda done, of: None)
        semantics = held.enter_context(Semantics(folder, "fake", 5.0, lambda _: model, lambda _: None))
        yield Snapshot("v1", index, held, Models(over=semantics.over))


def test_facts_are_picked_and_held_beside_one_another_by_their_meaning(snapshot: Snapshot) -> None:
    facts = list(snapshot.facts())
    bridge = next(fact for fact in facts if "大桥" in fact.text)
    assert ["跨江通道" in fact.text for fact in snapshot.related(bridge)] == [True], "another article's"
    assert [fact.text[:3] for fact in snapshot.meaning("上课的钱", facts)] == ["今年秋"]
    assert snapshot.meaning("火星车", facts) == ()
    coverage = snapshot.coverage
    assert coverage is not None
    assert (coverage.model, coverage.embedded) == ("fake-1", coverage.facts)


def test_what_is_told_in_other_words_is_close_and_claims_nothing(snapshot: Snapshot) -> None:
    answer = snapshot.ask("上课的钱")
    assert (answer.tier, answer.found, answer.answer, answer.hits) == (Tier.CLOSE, False, None, ())
    assert "学费" in answer.related[0].fact.text
    assert answer.related[0].rung is MatchKind.MEANING
    assert answer.related[0].why.startswith("意思相近")


@pytest.mark.parametrize(
    ("query", "tier", "answer"),
    [
        ("学费是多少", Tier.FOUND, "五百元"),  # the same words are found as without meaning
        ("火星车降落", Tier.NONE, None),
        ("74家", Tier.NONE, None),  # a figure has no other words, nor a place or a person
        ("莆田上课的钱", Tier.NONE, None),
        ("陈靖上课的钱", Tier.NONE, None),
        ("宋劲松上课的钱", Tier.NONE, None),
    ],
)
def test_what_is_found_in_its_words_or_has_no_other_ones_is_not_close(
    snapshot: Snapshot, query: str, tier: Tier, answer: str | None
) -> None:
    said = snapshot.ask(query)
    assert (said.tier, said.answer) == (tier, answer)


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
