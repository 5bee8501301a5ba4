"""Several articles in one file, and which printed line is what."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.model import Metadata
from tests.knowledge.repair.pages import column, removed, repair, texts

WATER = "昨日，引水工程二期正式通水，日供水能力达到120万吨，惠及近80万居民。"
PIPES = "市水务集团表示，下一步将加快老旧管网改造，计划到明年底完成260公里管网更新。"
SEEDS = "记者从国家统计局获悉，今年前两个月全国粮食购销平稳，种子供应充足。"
CORN = "农业农村部介绍，目前全国已备足玉米、水稻种子1.5亿公斤，能够满足春耕需要。"


def titles(text: str) -> list[str]:
    return [article.title.text for article in repair(text).articles]


def test_a_title_after_a_byline_begins_another_article() -> None:
    page = f"引水工程二期通水\n\n{WATER}\n\n{PIPES}\n\n周涛 陈晨\n\n春耕种子供应充足\n\n{SEEDS}\n\n{CORN}\n\n王强\n"
    repaired = repair(page)
    assert [(f.article.title.text, f.text) for f in repaired.facts] == [
        ("引水工程二期通水", WATER),
        ("引水工程二期通水", PIPES),
        ("春耕种子供应充足", SEEDS),
        ("春耕种子供应充足", CORN),
    ]
    assert [a.byline.text for a in repaired.articles if a.byline] == ["周涛 陈晨", "王强"]


@pytest.mark.parametrize(
    "signature",
    [
        "\n\n（水务局供稿）",
        "（水务局供稿）",
        "文/图 孙晓阳",
        " 记者 方一舟",
        "\n\n（记者 方一舟）",
        "本报记者方一舟",
    ],
)
def test_however_a_text_is_signed_the_next_title_begins_another_article(signature: str) -> None:
    page = f"引水工程二期通水\n\n{WATER}\n\n{PIPES}{signature}\n\n春耕种子供应充足\n\n{SEEDS}\n\n{CORN}\n"
    repaired = repair(page)
    assert [article.title.text for article in repaired.articles] == ["引水工程二期通水", "春耕种子供应充足"]
    assert texts(repaired) == [WATER, PIPES, SEEDS, CORN]


def test_a_title_above_a_dateline_begins_another_article() -> None:
    page = f"引水工程二期通水\n\n本报讯 {WATER}\n\n春耕种子供应充足\n\n新华社北京3月5日电 {SEEDS}"
    assert titles(page) == ["引水工程二期通水", "春耕种子供应充足"]


def test_articles_set_in_columns_are_told_apart_too() -> None:
    page = "\n\n".join(
        (
            "A3 版",
            "引水工程二期通水",
            "本报记者 周涛",
            column(WATER, 16) + "\n" + column(PIPES, 16),
            "春耕种子供应充足",
            column("新华社北京3月5日电 " + SEEDS, 16) + "\n" + column(CORN, 16),
        )
    )
    repaired = repair(page)
    assert texts(repaired) == [WATER, PIPES, SEEDS, CORN]
    assert [len({f.id for f in repaired.facts if f.article is a}) for a in repaired.articles] == [2, 2]


def test_a_line_behind_a_dash_is_the_subtitle() -> None:
    page = f"要闻 1\n\n让居民喝上放心好水\n\n——写在引水工程二期通水之际\n\n{column(WATER + PIPES, 14)}"
    article = repair(page).articles[0]
    assert article.subtitle is not None
    assert (article.title.text, article.subtitle.text) == ("让居民喝上放心好水", "——写在引水工程二期通水之际")


def test_a_title_set_in_two_lines_is_one_title() -> None:
    page = f"引水工程坚持民生导向\n高质量推进二期“通水到户”工程\n\n{column(WATER + PIPES, 26)}"
    assert titles(page) == ["引水工程坚持民生导向高质量推进二期“通水到户”工程"]


def test_run_in_headings_name_their_sections() -> None:
    page = f"防汛通知\n\n一、加强领导。{WATER}\n\n二、排查隐患。{PIPES}"
    assert [(f.section, f.text) for f in repair(page).facts] == [
        ("一、加强领导", "一、加强领导。"),
        ("一、加强领导", WATER),
        ("二、排查隐患", "二、排查隐患。"),
        ("二、排查隐患", PIPES),
    ]


def test_a_mark_before_a_heading_is_no_part_of_its_name() -> None:
    page = f"引水工程\n\n{WATER}\n\n■ 下一步安排\n\n{PIPES}"
    repaired = repair(page)
    assert [f.section for f in repaired.facts] == [None, "下一步安排"]
    assert removed(repaired, "markup") == ["■"]


def test_a_district_above_a_heading_is_no_byline_that_ends_the_article() -> None:
    page = f"各区打造便民生活圈\n\n{WATER}\n\n徐汇区\n\n打造15分钟生活圈\n\n{PIPES}\n\n金山区\n\n建设乡村服务点\n\n{CORN}"
    repaired = repair(page)
    assert [article.title.text for article in repaired.articles] == ["各区打造便民生活圈"]
    assert repaired.articles[0].byline is None


def test_campaign_and_date_are_given_only_when_printed() -> None:
    page = f"要闻 1\n2019年9月5日 星期四\n\n上海第一批“不忘初心”主题教育收官\n\n{WATER}"
    article = repair(page).articles[0]
    assert (article.campaign, article.date) == ("第一批“不忘初心”主题教育", "2019-09-05")
    plain = repair(f"引水工程\n\n{WATER}").articles[0]
    assert (plain.campaign, plain.date) == (None, None)


def test_a_date_that_an_admin_states_goes_before_the_printed_one() -> None:
    page = f"要闻 1\n2019年9月5日 星期四\n\n引水工程\n\n{WATER}"
    stated = repair(page, sidecar=Metadata(date=date(2019, 9, 6))).articles[0]
    assert stated.date == "2019-09-06"


def test_a_sentence_that_points_back_leans_on_the_one_before() -> None:
    first, second, third = repair("引水工程\n\n工程去年开工。该市投入3亿元。同时，配套管网完成。").facts
    assert (first.leans_on, second.leans_on, third.leans_on) == (None, first.id, second.id)
