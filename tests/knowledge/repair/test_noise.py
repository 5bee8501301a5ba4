"""What stands between the lines of an article and is none of it."""

from __future__ import annotations

import pytest

from tests.knowledge.repair.pages import column, removed, repair, texts
from tests.support.words import examples

A = "昨日，引水工程二期正式通水，惠及近80万居民。"
B = "下一步将加快老旧管网改造，让更多市民喝上放心水。"


@examples("noise", "kind")
def test_what_the_page_prints_above_its_articles_is_no_article(noise: str, kind: str) -> None:
    repaired = repair(f"{noise}\n\n引水工程二期通水\n\n{A}\n{B}")
    assert removed(repaired, kind) == [noise]
    assert [article.title.text for article in repaired.articles] == ["引水工程二期通水"]
    assert texts(repaired) == [A, B]


@examples("noise", "kind")
def test_what_the_page_prints_below_its_articles_is_no_sentence(noise: str, kind: str) -> None:
    repaired = repair(f"引水工程二期通水\n\n{A}\n\n{A}{B}\n\n{noise}")
    assert removed(repaired, kind) == [noise]
    assert texts(repaired) == [A, A, B]


def test_a_byline_broken_over_two_lines_is_one_byline() -> None:
    page = f"{column('　　' + B + A, 18)}\n今后，市民都能喝上放心水。 本报记者 周\n明远 通讯员 林小棠"
    repaired = repair(f"引水工程二期通水\n\n{page}")
    assert texts(repaired) == [B, A, "今后，市民都能喝上放心水。"]
    assert repaired.articles[0].byline is not None
    assert "".join(repaired.articles[0].byline.text.split()) == "本报记者周明远通讯员林小棠"


@pytest.mark.parametrize(
    ("dateline", "byline"),
    [
        ("本报讯 ", None),
        ("本报讯（记者 周涛）", "记者 周涛"),
        ("新华社北京3月5日电 ", None),
        ("据新华社北京4月30日电 ", None),
        ("据新华社北京电（记者 周涛）", "记者 周涛"),
        ("青山晚报快讯（记者 周涛）", "记者 周涛"),
        ("新华社杭州3月5日电（记者 王强 通讯员 李敏）", "记者 王强 通讯员 李敏"),
    ],
)
def test_a_dateline_is_no_part_of_the_first_sentence(dateline: str, byline: str | None) -> None:
    repaired = repair(f"引水工程二期通水\n\n{dateline}{A}")
    assert texts(repaired) == [A]
    printed = repaired.articles[0].byline
    assert (printed.text if printed else None) == byline


@examples("ending", "byline")
def test_a_byline_glued_to_the_last_sentence_is_cut_off(ending: str, byline: str) -> None:
    repaired = repair(f"引水工程二期通水\n\n{A}\n\n{B[:-1]}{ending}")
    assert texts(repaired) == [A, B]
    assert repaired.articles[0].byline is not None
    assert repaired.articles[0].byline.text == byline


@examples("sentence")
def test_words_of_a_sentence_that_look_like_a_byline_at_the_end_of_a_line_stay_in_it(sentence: str) -> None:
    at = next(at + len(end) for end in ("记者来到", "（王芳）", "部）") if (at := sentence.find(end)) >= 0)
    above = (
        "去年以来，全市各区先后改造老旧管网，更换水表，新建泵站，居民用水的压力和水质都有了改善，投诉少了。"
    )
    repaired = repair(
        f"引水工程二期通水\n\n{column(above, at)}\n{sentence[:at]}\n{sentence[at:]}\n{column(above, at)}"
    )
    assert "".join(texts(repaired)) == above + sentence + above
    assert repaired.articles[0].byline is None


@pytest.mark.parametrize("line", ["文华奖", "文房四宝", "文字时代"])
def test_words_that_begin_like_a_writers_mark_are_no_byline(line: str) -> None:
    repaired = repair(f"{line}\n\n{A}\n{B}")
    assert [(a.title.text, a.byline) for a in repaired.articles] == [(line, None)]
