"""Where a sentence ends."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.repair.sentences import LONGEST, has_words, split_sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天开工。明天完工。", ["今天开工。", "明天完工。"]),
        ("真的吗？！是的。", ["真的吗？！", "是的。"]),
        ("他说：“来吧。”大家笑了。", ["他说：“来吧。”", "大家笑了。"]),
        ("首日运量4.2万人次……约三成为转乘；余者步行。", ["首日运量4.2万人次……约三成为转乘；余者步行。"]),
        ("“我来。我见。我征服。”他说。", ["“我来。我见。我征服。”", "他说。"]),
        ("他问：“行吗？行。”，随后离开。", ["他问：“行吗？行。”，随后离开。"]),
        ("提出“为什么？怎么办？”两问，引人深思。", ["提出“为什么？怎么办？”两问，引人深思。"]),
        ("《奔跑吧！》开播。", ["《奔跑吧！》开播。"]),
        ("周一至周五（节假日除外。）办理。", ["周一至周五（节假日除外。）办理。"]),
        ("「省時。省力。」是我的感想。", ["「省時。省力。」是我的感想。"]),
        ("「環狀線『又快又好』。」市長說。", ["「環狀線『又快又好』。」", "市長說。"]),
        ("比分3.5比2，见http://a.cn/?x=1!y。", ["比分3.5比2，见http://a.cn/?x=1!y。"]),
        ("Mr. Li came. He left at 3.5 p.m. today.", ["Mr. Li came.", "He left at 3.5 p.m. today."]),
        ("没有句号的一行", ["没有句号的一行"]),
        ("“没有关上的引号。下一句。", ["“没有关上的引号。", "下一句。"]),
        ('他说。"好。"她也说。', ["他说。", '"好。"', "她也说。"]),
        ("“我们很满意。”与此同时，工程开工。", ["“我们很满意。”", "与此同时，工程开工。"]),
        ("“都好了。”之后，他去了地铁站。", ["“都好了。”", "之后，他去了地铁站。"]),
        ("“都好了。”地铁开来了。", ["“都好了。”", "地铁开来了。"]),
        ("“快到了。”等到站时，天黑了。", ["“快到了。”", "等到站时，天黑了。"]),
        ("“开工了。”得知消息，众人鼓掌。", ["“开工了。”", "得知消息，众人鼓掌。"]),
        ("“开工了。”和平街的居民鼓掌。", ["“开工了。”", "和平街的居民鼓掌。"]),
        ("“开工了。”的消息传开。", ["“开工了。”的消息传开。"]),
        (
            "“干净了。”“亮了。”和“安静了。”是居民说得最多的话。",
            ["“干净了。”", "“亮了。”和“安静了。”是居民说得最多的话。"],
        ),
    ],
)
def test_a_sentence_ends_at_its_full_stop_and_nowhere_else(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_a_quote_that_never_closes_within_reach_does_not_swallow_the_article() -> None:
    assert len(cut("他说：“" + "这是一句话。" * 200 + "”")) == 200


def test_a_run_without_full_stops_is_cut_at_a_pause() -> None:
    parts = cut("上海，" * LONGEST)
    assert max(map(len, parts)) <= LONGEST
    assert all(part.endswith("，") for part in parts)


@pytest.mark.parametrize("mark", ["“", "「", "《", "‘", '"', "”", " ”", "——", "…", "\u200b“", "（", "\u0301"])
def test_a_stray_mark_belongs_to_the_sentence_beside_it(mark: str) -> None:
    assert cut(f"船走了。{mark}") == [f"船走了。{mark}"]
    assert cut(f"{mark}。船走了。") == [f"{mark.strip()}。船走了。"]
    assert cut(f"船走了。{mark}水静了。{mark}")[-1].endswith(f"水静了。{mark}")


@pytest.mark.parametrize("text", ["“", "……", "—— ——", "★☆", "\u200b", '"""', "（ ）"])
def test_what_has_no_searchable_character_is_no_sentence(text: str) -> None:
    assert cut(text) == []


@given(st.text(alphabet='上海a1 。！？.!?“”‘’「」（）()《》"，；…', max_size=80))
def test_no_character_but_blanks_at_the_edges_gets_lost_or_doubled(text: str) -> None:
    ranges = list(split_sentences(text))
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ranges))
    assert all(has_words(text[a:b]) for a, b in ranges)
    if not has_words(text):
        return
    assert "".join(text[a:b] for a, b in ranges).replace(" ", "") == text.replace(" ", "")
