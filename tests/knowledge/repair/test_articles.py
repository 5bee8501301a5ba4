"""Several articles in one file, which printed line is what, and files that need no repair come through as they are."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.model import Metadata
from tests.knowledge.repair.pages import column, removed, repair, texts
from tests.support.words import examples

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


@examples("signature")
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


@pytest.mark.parametrize("head", ["LED\n \n路灯点亮老街夜晚", "新水厂用上AI\n \n值守全年无停水"])
def test_a_title_of_two_fonts_that_was_extracted_as_two_lines_is_one_title(head: str) -> None:
    text = "\n".join(column("\u3000\u3000" + paragraph, 12) for paragraph in (WATER, PIPES, SEEDS, CORN))
    assert titles(f"{head}\n本报记者 沈一鸣\n{text}") == ["".join(head.split())]


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


ENCYCLOPEDIA = """范廷颂

范廷颂枢机（，），圣名保禄·若瑟（），是越南罗马天主教枢机。1963年被任为主教；1990年被擢升为天主教河内总教区宗座署理；1994年被擢升为总主教。

范廷颂于1919年6月15日出生；童年时接受良好教育后，被一位神父带到河内继续其学业。

短段。"""


def test_a_clean_article_gives_its_title_and_its_sentences_in_order_and_an_empty_log() -> None:
    repaired = repair(ENCYCLOPEDIA)
    assert repaired.articles[0].title.text == "范廷颂"
    assert texts(repaired) == [
        "范廷颂枢机（，），圣名保禄·若瑟（），是越南罗马天主教枢机。",
        "1963年被任为主教；1990年被擢升为天主教河内总教区宗座署理；1994年被擢升为总主教。",
        "范廷颂于1919年6月15日出生；童年时接受良好教育后，被一位神父带到河内继续其学业。",
        "短段。",
    ]
    assert repaired.log == ()


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


def test_lists_keep_every_item() -> None:
    repaired = repair("办理医保\n\n材料如下：\n身份证\n户口本\n银行卡\n\n请到社区办理。")
    assert texts(repaired) == ["材料如下：", "身份证", "户口本", "银行卡", "请到社区办理。"]


def test_a_file_without_a_title_is_called_by_its_name_or_its_sidecar() -> None:
    text = "上海中心大厦总高632米，是中国第一高楼。"
    assert repair(text).articles[0].title.text == "版面"
    assert repair(text, sidecar=Metadata(title="上海中心")).articles[0].title.text == "上海中心"
    assert repair(text).articles[0].title.spans == ()


def test_headings_of_a_clean_article_are_its_sections() -> None:
    repaired = repair(
        "引水工程\n\n工程很大，全长26公里。\n\n建设历史\n\n早年开工，历时三年。\n\n工程现状\n\n已经通水，惠及全市。"
    )
    assert [(fact.section, fact.text) for fact in repaired.facts] == [
        (None, "工程很大，全长26公里。"),
        ("建设历史", "早年开工，历时三年。"),
        ("工程现状", "已经通水，惠及全市。"),
    ]


def test_dialogue_is_cut_only_between_its_sentences() -> None:
    repaired = repair("访谈\n\n问：什么是医保？答：医保是社会保险。\n\n他说：“我来。我见。”随后离开。")
    assert texts(repaired) == [
        "问：什么是医保？",
        "答：医保是社会保险。",
        "他说：“我来。我见。”",
        "随后离开。",
    ]


def test_traditional_characters_and_corner_quotes_come_through() -> None:
    repaired = repair(
        "臺北捷運新線通車\n\n市長表示：「這是新北市民期盼已久的一天。我們會努力！」現場民眾鼓掌。"
    )
    assert texts(repaired) == ["市長表示：「這是新北市民期盼已久的一天。我們會努力！」", "現場民眾鼓掌。"]


@pytest.mark.parametrize("text", ["", "\n\n", " \u3000\n"])
def test_an_empty_file_has_no_articles(text: str) -> None:
    repaired = repair(text)
    assert (repaired.articles, repaired.facts, repaired.log) == ((), (), ())


def test_numbered_lines_without_a_stop_head_what_follows_where_all_numbered_alike_do() -> None:
    notice = "招聘公告\n一、报名时间\n5月6日至5月10日。\n二、报名地点\n（一）行政楼305室。\n（二）网上。\n"
    told = [(fact.section, fact.text) for fact in repair(notice).facts]
    assert told == [
        ("一、报名时间", "5月6日至5月10日。"),
        ("二、报名地点", "（一）行政楼305室。"),
        ("二、报名地点", "（二）网上。"),
    ]


@examples("lines")
def test_items_and_clauses_are_no_headings(lines: str) -> None:
    assert [fact.text for fact in repair(lines).facts] == lines.splitlines()[1:]


@examples("over", "wide")
def test_what_ends_with_a_dash_stands_over_the_headline_below_it(over: str, wide: int) -> None:
    text = "\n".join(column("\u3000\u3000" + paragraph, wide) for paragraph in (WATER, PIPES, SEEDS, CORN))
    (article,) = repair(f"{over}\n老城区告别“看海”\n本报记者 沈一鸣\n{text}").articles
    assert article.title.text == "老城区告别“看海”"
    assert article.kicker is not None
    assert article.kicker.text == over.replace("\n", "")


@pytest.mark.parametrize("wide", [16, 24, 99])
def test_what_begins_with_a_dash_stands_under_the_headline_above_it(wide: int) -> None:
    told = (
        "“看这片叶子，背面有白粉，就得抓紧打药。”在柳林村的麦田边，孙立本蹲在地上，身边围着二十几位农民。",
        "孙立本是县农技站的推广员，干了26年。他发现农民不爱听讲座，就把课堂搬到了地头。",
        "村民王全福说，自从跟着老孙学，他家的小麦每亩多打了80斤。",
    )
    text = "\n".join(column("\u3000\u3000" + paragraph, wide) for paragraph in told)
    stack = "他把课堂搬进了麦田\n——农技推广员孙立本的“土办法”"
    (article,) = repair(f"{stack}\n本报记者 任重\n{text}").articles
    assert article.title.text == "他把课堂搬进了麦田"
    assert article.subtitle is not None
    assert article.subtitle.text == "——农技推广员孙立本的“土办法”"


def test_a_dash_amid_a_headline_parts_nothing() -> None:
    text = "\n".join(column("\u3000\u3000" + paragraph, 16) for paragraph in (WATER, PIPES, SEEDS, CORN))
    assert titles(f"从源头到龙头——一杯水的百里行程\n本报记者 沈一鸣\n{text}") == [
        "从源头到龙头——一杯水的百里行程"
    ]


def test_who_is_on_duty_and_the_number_to_call_are_facts() -> None:
    repaired = repair("值班表\n\n周一 陶然 3300121\n周二 秦越 3300122\n抢修队 0572-1112225")
    assert [fact.text for fact in repaired.facts] == [
        "周一 陶然 3300121",
        "周二 秦越 3300122",
        "抢修队 0572-1112225",
    ]


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


def test_a_number_to_call_under_items_is_a_fact_of_its_own() -> None:
    items = (
        "一、办公室 陶然 3300121",
        "二、保卫科 秦越 3300122",
        "三、医务室 何晓 3300123",
        "抢修队 0572-1112225",
    )
    assert texts(repair("\n".join(("国庆值班表", *items)))) == [*items]


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


def test_the_day_that_closes_a_text_does_not_go_on_under_what_follows() -> None:
    opening = "关于举办职工运动会的通知\n\n各部门：\n为丰富职工生活，公司定于5月20日举办职工运动会。"
    items = "一、时间地点\n5月20日上午9时，市体育场。\n\n二、报名办法\n请于5月10日前把报名表交到工会。"
    closing = "公司工会\n2026年4月20日\n\n附件\n报名表请从内网下载，填好后盖章。"
    repaired = repair("\n\n".join((opening, items, closing)))
    assert texts(repaired)[-3:] == ["公司工会", "2026年4月20日", "报名表请从内网下载，填好后盖章。"]


def test_a_day_over_a_text_closes_none() -> None:
    repaired = repair(
        "古镇大事记\n2020年3月1日\n老街修缮完工，商铺重新开业。\n2021年6月5日\n民俗馆开馆，首日免票。"
    )
    assert [article.title.text for article in repaired.articles] == ["古镇大事记"]
