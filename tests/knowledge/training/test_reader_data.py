"""What the reader is trained on: made questions, near misses, examples."""

from __future__ import annotations

import random

import pytest

from knowledge.training.reader.changes import near_miss
from knowledge.training.reader.examples import ExampleMaker
from knowledge.training.reader.questions import causes, figures, from_news, lists, moments, people, places
from knowledge.training.reader.sources import PublicText, ReaderSet
from knowledge.training.reader.words import WordKinds, asked_otherwise, placed_words

REPORT = (
    "今年上半年，青山市新建充电桩860个，同比增长12.5%。市长王建国在青山会见了客商。"
    "3月5日，青山市举行了桥梁开工仪式，由青山路桥集团承建。"
    "为了方便群众出行，该市开通了三条公交线路。活动涉及养老、医疗、教育等领域。"
)


def lexicon() -> WordKinds:
    known = WordKinds()
    known.opposites["增长"].add("下降")
    known.by_tag["ns"] += ["青山", "白水", "红石"]
    return known


def change_of(question: str, context: str, seed: int = 0) -> tuple[str, str, str]:
    change = near_miss(question, context, lexicon(), random.Random(seed))
    assert change is not None
    return change.kind, change.old, change.new


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("上半年的规模多少", "period"),
        ("第一批有多少", "ordinal"),
        ("桥多长", "dimension"),
        ("MU5101几点", "code"),
    ],
)
def test_a_near_miss_changes_one_thing_of_the_kind_that_the_question_binds(question: str, kind: str) -> None:
    kinds = {change_of(question, question, seed)[0] for seed in range(12)}
    assert kind in kinds


@pytest.mark.parametrize("seed", range(30))
def test_the_changed_word_stands_nowhere_in_the_window(seed: int) -> None:
    question = "2023年上半年青山市新建多少个充电桩"
    _, old, new = change_of(question, REPORT + question, seed)
    assert new not in REPORT + question
    assert new != old


@pytest.mark.parametrize(
    ("maker", "answer"),
    [
        (figures, "860个"),
        (figures, "12.5%"),
        (moments, "3月5日"),
        (people, "王建国"),
        (lists, "养老、医疗、教育"),
        (causes, "为了方便群众出行"),
    ],
)
def test_what_a_made_question_asks_stands_in_its_sentence(maker, answer: str) -> None:  # type: ignore[no-untyped-def]
    passage = PublicText.of("", REPORT)
    made = [
        (passage.text[a:b], one)
        for a, b in passage.sentences
        for one in maker(passage.text[a:b], placed_words(passage.text[a:b]), random.Random(1))
    ]
    assert answer in [one.answer for _, one in made]
    assert all(sentence[one.start : one.start + len(one.answer)] == one.answer for sentence, one in made)
    assert all(one.answer not in one.question for _, one in made)


def test_a_place_is_asked_where_it_stands_after_zai() -> None:
    sentence = "中国代表团在北京举行了新闻发布会。"
    made = list(places(sentence, placed_words(sentence), random.Random(2)))
    assert [one.answer for one in made] == ["北京"]


@pytest.mark.parametrize("seed", range(8))
def test_every_example_says_only_what_its_window_holds(seed: int) -> None:
    rng = random.Random(seed)
    made = from_news([PublicText.of("青山市公布数据", REPORT)] * 3, 20, rng)
    maker = ExampleMaker([made], lexicon())
    for number, asked in maker.questions:
        examples = maker.group(number, asked, rng)
        assert examples[0].answerable
        for example in examples:
            assert example.answerable == (example.span is not None)
            if example.span:
                assert example.window.sentence[slice(*example.span)] in asked.answers
            if example.doubted and example.kind not in ("near-window", "near-crossed"):
                assert example.question[slice(*example.doubted)] not in example.window.sentence


def test_an_answer_across_two_sentences_is_left_out() -> None:
    found = ReaderSet("x", [PublicText.of("", "甲有一座桥。乙有两座桥。")])
    found.add(0, "谁有桥？", [(3, "座桥。乙")])
    assert found.asked == []


def test_a_question_reworded_keeps_what_it_binds() -> None:
    question = "2023年青山市由谁担任市长？"
    for seed in range(40):
        said = asked_otherwise(question, lexicon(), random.Random(seed))
        assert "2023" in said
        assert "青山" in said.replace(" ", "")
