"""Several articles in one file, which printed line is what, and files that need no repair come through as they are.

Whole pages and what is told of them are in `samples/articles.txt`.
"""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.model import Metadata
from tests.knowledge.repair.pages import column, repair, texts
from tests.support.words import examples

WATER = "昨日，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民。"
PIPES = "市水务集团表示，下一步将加快老旧管网改造，计划到明年底完成260公里管网更新。"
SEEDS = "记者从国家统计局获悉，今年前两个月全国粮食购销平稳，种子供应充足。"
CORN = "农业农村部介绍，目前全国已备足玉米、水稻种子1.5亿公斤，能够满足春耕需要。"


@examples("signature")
def test_however_a_text_is_signed_the_next_title_begins_another_article(signature: str) -> None:
    page = f"引水工程二期通水\n\n{WATER}\n\n{PIPES}{signature}\n\n春耕种子供应充足\n\n{SEEDS}\n\n{CORN}\n"
    repaired = repair(page)
    assert [article.title.text for article in repaired.articles] == ["引水工程二期通水", "春耕种子供应充足"]
    assert texts(repaired) == [WATER, PIPES, SEEDS, CORN]


def test_a_district_above_a_heading_is_no_byline_that_ends_the_article() -> None:
    page = f"各区打造便民生活圈\n\n{WATER}\n\n徐汇区\n\n打造15分钟生活圈\n\n{PIPES}\n\n金山区\n\n建设乡村服务点\n\n{CORN}"
    repaired = repair(page)
    assert [article.title.text for article in repaired.articles] == ["各区打造便民生活圈"]
    assert repaired.articles[0].byline is None


@examples("title")
def test_a_title_that_looks_like_noise_stays_the_title(title: str) -> None:
    repaired = repair(f"{title}\n\n这是一个关于它的完整句子，没有任何问题。")
    assert [article.title.text for article in repaired.articles] == [title]
    assert texts(repaired) == ["这是一个关于它的完整句子，没有任何问题。"]


@pytest.mark.parametrize("head", ["", "新桥通车 全长三公里\n\n\n"])
@pytest.mark.parametrize("tail", ["", "\n\n\n(function(){\nvar ad = document;\n})();\n"])
def test_a_text_in_one_long_line_is_text_whatever_stands_around_it(head: str, tail: str) -> None:
    sentences = [f"桥上的第{n}座灯塔由水务局在去年修好，高{n + 20}米。" for n in range(1, 9)]
    repaired = repair(head + "".join(sentences) + tail)
    assert [text for text in texts(repaired) if text in sentences] == sentences
    assert all(len(article.title.text) < 30 for article in repaired.articles)


def test_a_file_without_a_title_is_called_by_its_name_or_its_sidecar() -> None:
    text = "上海中心大厦总高632米，是中国第一高楼。"
    assert repair(text).articles[0].title.text == "版面"
    assert repair(text, sidecar=Metadata(title="上海中心")).articles[0].title.text == "上海中心"
    assert repair(text).articles[0].title.spans == ()


@examples("lines")
def test_items_and_clauses_are_no_headings(lines: str) -> None:
    assert [fact.text for fact in repair(lines).facts] == lines.splitlines()[1:]


@pytest.mark.parametrize(
    "rows",
    [
        ("星期一 程亦岩 0530-24300116", "星期二 武依浩 24300117", "星期三 唐刚岩 24300118"),
        ("周一 史轩", "周二 郭知柳", "周三 韦玉桂", "周四 莫岩平"),
    ],
)
def test_rows_set_alike_are_facts_and_what_follows_them_is_another(rows: tuple[str, ...]) -> None:
    lines = (*rows, "请各位值班人员按时到岗。")
    assert texts(repair("\n".join(("县委文明办值班安排表", *lines)))) == [*lines]


@pytest.mark.parametrize("blank", ["", "\n", "\n\n"])
@examples("first", "second", "third")
def test_however_notices_are_signed_each_is_an_article(
    first: str, second: str, third: str, blank: str
) -> None:
    texts = (
        "寻物启事\n上月底在阅览室落下灰色围巾一条，请拾到的同学留言。",
        "讲座预告\n下周四晚七时，秦越老师在礼堂讲古桥，欢迎来听。",
        "关于食堂检修的通知\n本周日食堂检修一天，请到北门就餐。",
    )
    signers = first, second, third
    repaired = repair(
        f"\n{blank}".join(f"{text}\n{signer}" for text, signer in zip(texts, signers, strict=True))
    )
    assert [article.title.text for article in repaired.articles] == [text.split("\n")[0] for text in texts]
    assert not any(article.headings for article in repaired.articles)
    assert len(repaired.facts) == 3 + sum(len(signer.split("\n")) for signer in signers)


@examples("wide", "stack", "kicker", "title", "subtitle")
def test_a_stack_of_head_lines_has_one_headline_and_dashes_at_its_ends_tell_the_others(
    wide: int, stack: str, kicker: str, title: str, subtitle: str
) -> None:
    text = "\n".join(column("\u3000\u3000" + paragraph, wide) for paragraph in (WATER, PIPES, SEEDS, CORN))
    (article,) = repair(f"{stack}\n本报记者 沈一鸣\n{text}").articles
    found = (article.kicker, article.title, article.subtitle)
    assert tuple(each.text if each else "" for each in found) == (kicker, title, subtitle)


def test_campaign_and_date_are_given_only_when_printed_and_the_day_as_an_admin_states_it() -> None:
    page = f"要闻 1\n2019年9月5日 星期四\n\n上海第一批“不忘初心”主题教育收官\n\n{WATER}"
    printed = repair(page).articles[0]
    assert (printed.campaign, printed.date) == ("第一批“不忘初心”主题教育", "2019-09-05")
    stated = repair(page, sidecar=Metadata(date=date(2019, 9, 6))).articles[0]
    assert stated.date == "2019-09-06"
    plain = repair(f"引水工程\n\n{WATER}").articles[0]
    assert (plain.campaign, plain.date) == (None, None)
