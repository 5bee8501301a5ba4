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


def test_words_of_a_sentence_that_speak_of_a_contact_stay_in_it() -> None:
    sentence = "市民王女士说，只要扫码就能查到附近的充电桩。"
    at = sentence.find("扫码")
    page = f"{sentence[:at]}\n{sentence[at:-3]}\n{sentence[-3:]}"
    repaired = repair(f"引水工程二期通水\n\n{column(A + B, at)}\n{page}")
    assert texts(repaired) == [A, B, sentence]


def test_a_title_that_speaks_of_a_contact_stays_the_title() -> None:
    repaired = repair(f"扫码骑车更方便\n\n{A}\n{B}")
    assert [article.title.text for article in repaired.articles] == ["扫码骑车更方便"]


def test_a_caption_inside_a_word_becomes_a_fact_of_its_own_and_the_word_is_joined() -> None:
    repaired = repair(
        f"引水工程二期通水\n\n{A}逻辑很清楚。\n\n全市以“节水优先”的发展逻\n\n\n居民合影留念。\n\n本报资料图\n\n辑统筹用水。"
    )
    assert texts(repaired) == [A, "逻辑很清楚。", "全市以“节水优先”的发展逻辑统筹用水。", "居民合影留念。"]
    caption = repaired.facts[-1]
    assert (caption.kind, caption.section) == ("caption", None)


def test_a_caption_between_two_lines_of_a_column_does_not_end_the_sentence() -> None:
    lines = column("　　" + B + A + B, 18).split("\n")
    page = "\n".join(
        ("引水工程二期通水", "", *lines[:3], "", "居民在水站前合影。", "", "本报记者 李想 摄", "", *lines[3:])
    )
    repaired = repair(page)
    assert texts(repaired) == [B, A, B, "居民在水站前合影。"]


def test_a_byline_broken_over_two_lines_is_one_byline() -> None:
    page = f"{column('　　' + B + A, 18)}\n今后，市民都能喝上放心水。 本报记者 周\n明远 通讯员 林小棠"
    repaired = repair(f"引水工程二期通水\n\n{page}")
    assert texts(repaired) == [B, A, "今后，市民都能喝上放心水。"]
    assert repaired.articles[0].byline is not None
    assert "".join(repaired.articles[0].byline.text.split()) == "本报记者周明远通讯员林小棠"


def test_a_character_printed_twice_at_the_break_is_dropped_once_and_logged() -> None:
    repaired = repair(
        f"引水工程二期通水\n\n{A}\n\n全市以“节水优先”的发展逻辑\n\n\n居民合影留念。\n\n本报资料图\n\n辑和实践逻辑统筹用水。"
    )
    assert texts(repaired)[1] == "全市以“节水优先”的发展逻辑和实践逻辑统筹用水。"
    assert [(e.text, e.doubt) for e in repaired.log if e.kind == "repeated"] == [("辑", True)]
    assert repaired.facts[1].lines == ((5, 5), (12, 12))


def test_a_character_that_ends_one_word_and_begins_the_next_is_kept_though_a_page_ended_between() -> None:
    repaired = repair(
        f"引水工程二期通水\n\n{A}\n\n市委已经作出部署，要求全体党员干部\n\n\n居民合影留念。\n\n本报资料图\n\n部署落实到底，干部带头。"
    )
    assert texts(repaired)[1] == "市委已经作出部署，要求全体党员干部部署落实到底，干部带头。"
    assert removed(repaired, "repeated") == []


def test_radicals_that_a_font_gives_for_characters_are_the_characters() -> None:
    assert texts(repair(f"引水工程二期通水\n\n{A}\n\n⼯程今年⼀⽉通⽔，居民都说好。")) == [
        A,
        "工程今年一月通水，居民都说好。",
    ]


def test_a_caption_that_only_repeats_a_sentence_is_dropped() -> None:
    repaired = repair(f"引水工程二期通水\n\n{A}\n\n{B}\n\n\n{A[3:-11]}。\n\n记者 冷梅 摄")
    assert texts(repaired) == [A, B]
    assert len(removed(repaired, "repeated")) == 1


def test_a_credit_at_the_end_of_a_caption_is_cut_off() -> None:
    repaired = repair(f"引水工程二期通水\n\n{A}\n\n图为二期泵站。 本报记者 周涛 摄\n\n{B}")
    assert texts(repaired) == [A, B, "图为二期泵站。"]
    assert removed(repaired, "credit") == ["本报记者 周涛 摄"]


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


def test_the_sentence_above_the_editors_is_no_caption() -> None:
    page = f"引水工程二期通水\n\n本报讯 {A}\n\n责任编辑：赵敏\n\n老旧管网改造提速\n\n本报讯 {B}\n\n责任编辑：赵敏"
    repaired = repair(page)
    assert [(fact.article.title.text, fact.kind, fact.text) for fact in repaired.facts] == [
        ("引水工程二期通水", "sentence", A),
        ("老旧管网改造提速", "sentence", B),
    ]


def test_a_dateline_broken_over_two_lines_is_read_as_one() -> None:
    repaired = repair(
        f"引水工程二期通水\n\n{column('　　新华社杭州3月5日电（记者 王强 通讯员 李敏）' + A + B, 20)}"
    )
    assert texts(repaired) == [A, B]


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


def test_an_english_function_word_between_han_words_is_taken_out_and_doubted() -> None:
    repaired = repair("水务工程\n\n各项任务均按计划 and 节点推进，没有一处延误。\n")
    assert [fact.text for fact in repaired.facts] == ["各项任务均按计划节点推进，没有一处延误。"]
    assert [(e.kind, e.text, e.doubt) for e in repaired.log] == [("foreign", "and", True)]


def test_english_names_and_words_of_an_author_stay() -> None:
    text = "乐队演唱了 Rock and Roll 名曲，并用 for 循环举例，台下掌声不断。"
    repaired = repair(f"水务工程\n\n{text}\n")
    assert [fact.text for fact in repaired.facts] == [
        "乐队演唱了 Rock and Roll 名曲，并用 for 循环举例，台下掌声不断。"
    ]


def test_an_english_function_word_in_a_file_with_other_english_words_is_the_authors() -> None:
    text = "腾讯 and 阿里都推出了自己的 iPhone 应用。"
    repaired = repair(f"应用商店\n\n{text}\n")
    assert texts(repaired) == [text]
    assert repaired.log == ()


def test_the_mark_before_an_item_of_a_list_is_none_of_it() -> None:
    repaired = repair("引水工程二期通水\n\n• 累计投入资金4.2亿元。\n\n· 新建管网86公里。")
    assert texts(repaired) == ["累计投入资金4.2亿元。", "新建管网86公里。"]
    assert removed(repaired, "markup") == ["• ", "· "]
