"""A reader looks at the leading facts: as few as it can, in its time, and never at what is barred already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from knowledge.answering.reader import DoubtedWord, ProposedSpan, Window, WindowReading
from knowledge.documents.folder import read_document
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot

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
    snapshot = Snapshot.of(
        "v1", [repair_document(read_document("1.txt", BRIDGE.encode()))], reader=lambda: reader
    )
    try:
        yield snapshot
    finally:
        snapshot.close()


def test_a_sure_reading_is_the_last() -> None:
    reader = FakeReader("1860米")
    with serving(reader) as snapshot:
        answer = snapshot.ask("柳湾大桥全长多少米")
    assert (answer.found, answer.answer) == (True, "1860米")
    assert [sentence[:8] for sentence in reader.seen] == ["柳湾大桥全长18"]


def test_no_more_than_three_facts_are_read_and_doubt_tells() -> None:
    reader = FakeReader("没有的话")
    with serving(reader) as doubting, serving(None) as alone:
        doubted, plain = doubting.ask("柳湾大桥由谁承建"), alone.ask("柳湾大桥由谁承建")
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


@pytest.mark.parametrize("query", ["1860", "柳湾大桥宽多少米"])
def test_what_words_decide_is_not_read(query: str) -> None:
    reader = FakeReader("1860米")
    with serving(reader) as snapshot:
        snapshot.ask(query)
    assert all("1860" not in sentence for sentence in reader.seen)


def test_words_that_ask_for_nothing_are_answered_by_the_sentence_alone() -> None:
    with serving(FakeReader("收费站有")) as snapshot:
        answer = snapshot.ask("柳湾大桥 收费站 车道")
    assert (answer.found, answer.answer) == (True, None)


def test_of_an_office_the_newest_report_is_told_first() -> None:
    reports = ((2019, "张志远"), (2025, "李文海"), (2022, "王立群"))
    documents = [
        repair_document(
            read_document(
                f"{year}.txt", f"江州全会\n{year}年3月1日\n\n江州市委书记{name}主持会议。\n".encode()
            )
        )
        for year, name in reports
    ]
    snapshot = Snapshot.of("offices", documents, reader=lambda: None)
    try:
        answer = snapshot.ask("江州市委书记是谁")
        then = snapshot.ask("2019年江州市委书记是谁")
    finally:
        snapshot.close()
    assert answer.answer == "李文海"
    assert [hit.fact.article.file for hit in answer.hits] == ["2025.txt", "2022.txt", "2019.txt"]
    assert then.answer == "张志远"
