"""Invented wordings: names, page heads and feet, bylines, credits; headlines with what stands over and under them, and headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from knowledge.repair.join_model import goes_on
from knowledge.training.repair.corpus import CleanArticle

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹"
    "薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严欧莫孔向常温康施牛葛洪"
)
_GIVEN: Final = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华建国文辉玲红玉志海云飞宁晓雪一凡远程亦禾知柳依珊轩梓子涵思源若溪嘉琪雨桐浩然宇航诗韩冬青岩松"
RUBRICS: Final = [
    "要闻", "综合", "综合新闻", "社会", "国内", "国际", "本市", "头版", "专题", "评论", "时政", "财经",
    "经济", "体育", "文化", "教育", "科技", "特刊", "副刊", "民生", "法治", "政法", "关注", "深度", "都市",
    "焦点", "视点", "健康", "环境", "公益", "生活", "天下", "农业", "三农", "旅游", "汽车", "地产", "理财",
    "读书", "艺术", "人物", "区县", "街镇", "社区", "时事", "两岸", "港闻", "民情", "服务", "公益·生活",
    "文化·副刊", "城事", "人文", "环球", "观点", "乡村", "能源", "产经", "资讯", "交通", "医卫", "医疗",
    "发布厅", "会客厅", "现场", "一线", "特写", "聚焦", "专版", "广告", "公告", "国际·体育", "城市新闻",
    "本地新闻", "今日关注", "记者调查", "民生服务", "教育周刊",
]  # fmt: skip
_PLACES: Final = "东西南北江海河湖山云澄安宁永新华长青城都市县民众羊齐燕湘赣"
_PLACE_ENDS: Final = "州江海城阳安宁山湖川方京都港湾溪"
HANZI: Final = "一二三四五六七八九十"
THINGS: Final = [
    "电话", "总机", "值班室", "传真", "地址", "邮编", "时间", "地点", "联系人", "面积", "价格", "票价",
    "首班车", "末班车", "开放时间", "品名", "规格", "型号", "单位", "主办", "承办", "姓名", "性别", "年龄",
    "职务", "产地", "热线", "周一至周五", "周六", "报名时间", "截止日期", "费用", "人数", "起点", "终点",
    "负责人", "编号", "页数", "作者", "出版", "定价", "停水范围", "影响区域", "押金", "租期", "月租金",
    "费率",
]  # fmt: skip
VALUES: Final = (
    "{a}元", "{a}", "{a}号楼{b}室", "{b}:{c:02}", "{b}:00—{c}:00", "0{b}-{a}", "{a}人", "{b}月{c}日",
    "{a}平方米", "{b}年",
)  # fmt: skip
SPEAKERS: Final = [
    "客户", "客服", "用户", "店主", "主持人", "专家", "医生", "患者", "老师", "学生", "甲", "乙", "A", "B",
    "采访者", "受访者", "居民", "律师",
]  # fmt: skip
# Of such words noise is made, and a headline may be one of them.
WORDS_OF_NOISE: Final = (
    "摄影", "摄影", "资料", "记者", "编辑", "图片", "电话", "通讯员", "责任编辑", "版式", "校对", "热线", "邮箱", "供图", "图文", "来源", "报纸",
    "日报", "星期日", "本报讯", "版面", "照片",
)  # fmt: skip
SALUTATIONS: Final = (
    "各街道办事处，各有关单位：", "各部门：", "尊敬的用户：", "全体业主：", "各位家长：",
    "各区县人民政府：", "同志们：", "亲爱的读者：",
)  # fmt: skip
KINDS_OF_NOTICE: Final = [
    "通知", "公告", "通告", "通报", "方案", "办法", "规定", "意见", "启事", "声明", "说明", "须知", "细则",
]  # fmt: skip


def person(r: Random) -> str:
    return r.choice(_SURNAMES) + r.choice(_GIVEN) + (r.choice(_GIVEN) if r.random() < 0.65 else "")


def place(r: Random) -> str:
    return r.choice(_PLACES) + r.choice(_PLACE_ENDS)


def paper(r: Random) -> str:
    kind = ("日报", "晚报", "晨报", "新报", "早报", "时报", "商报", "周刊", "都市报", "青年报", "新闻周报")
    return place(r) + r.choice(kind)


def day(r: Random) -> str:
    year, month, number = r.randint(1999, 2026), r.randint(1, 12), r.randint(1, 28)
    if r.random() < 0.25:
        mark = r.choice(".-/")
        return f"{year}{mark}{month:02}{mark}{number:02}"
    return f"{year}年{month}月{number}日"


def page_number(r: Random) -> str:
    number = r.randint(1, 24)
    forms = (
        f"{number}版",
        f"A{number}",
        f"B{number}",
        f"第{number}版",
        f"{number:02}",
        str(number),
        f"A{number:02}版",
    )
    return r.choice((*forms, f"第{r.choice('一二三四五六七八')}版", f"第{number:02}版：{r.choice(RUBRICS)}"))


def page_head(r: Random) -> list[str]:
    """Return the lines of a page's head: rubric, page, date, paper, together or apart."""
    weekday = r.choice(("星期", "周")) + r.choice("一二三四五六日")
    parts = [r.choice(RUBRICS), page_number(r), day(r) + r.choice((" ", "", "\u3000")) + weekday, paper(r)]
    chance = r.random()
    if chance < 0.35:
        return [r.choice(("  ", " ", "    ")).join(r.sample(parts, r.randint(2, 4)))]
    if chance < 0.5:
        return [parts[0] + r.choice((" ", "")) + parts[1]]
    return r.sample(parts, r.randint(1, 4))


def _phone(r: Random) -> str:
    number = r.randint(1000000, 99999999)
    return r.choice(
        (f"0{r.randint(10, 999)}-{number}", f"1{r.randint(3000000000, 9999999999)}", str(number), "12345")
    )


def _mail(r: Random) -> str:
    name = "".join(r.choice("abcdefghijkxyz") for _ in range(r.randint(2, 8)))
    host = "".join(r.choice("abcdefghlmnopz-") for _ in range(r.randint(3, 12)))
    return name + "@" + host + r.choice((".com", ".cn", ".example", ".com.cn", ".net"))


def page_foot(r: Random) -> list[str]:
    """Return the lines of a page's foot: editors and contacts."""
    roles = (
        "责任编辑", "责编", "本版编辑", "版式", "美编", "校对", "编辑", "审读", "视觉", "版面", "值班主任",
        "组版",
    )  # fmt: skip
    made = [
        role + r.choice((" ", "：", ":", "/", "\u3000", "")) + person(r)
        for role in r.sample(roles, r.randint(1, 3))
    ]
    desks = (
        "新闻热线", "联系我们", "投稿邮箱", "电子邮箱", "读者热线", "报料热线", "热线电话", "广告热线",
        "邮箱", "E-mail",
    )  # fmt: skip
    contact = r.choice(desks) + r.choice((" ", "：", ":", "")) + r.choice((_phone(r), _mail(r)))
    if r.random() < 0.25:
        contact += (
            r.choice((" ", "  "))
            + r.choice(desks)
            + r.choice((" ", "：", ":", ""))
            + r.choice((_phone(r), _mail(r)))
        )
    chance = r.random()
    if chance < 0.3:
        return [r.choice((" ", "  ", "")).join(made)]
    if chance < 0.55:
        return [contact]
    if chance < 0.75:
        return [" ".join([*made, contact])]
    if chance < 0.85:
        return [r.choice((_mail(r), "扫码" + r.choice(("关注", "看视频", "阅读全文")), "扫描二维码，看视频"))]
    return [made[0], contact]


def office(r: Random) -> str:
    return r.choice(("县委", "市委", "区政府", "市", "镇")) + r.choice(
        ("办公室", "农办", "宣传部", "文明办", "党校")
    )


REPORTERS_DO: Final = (
    "来到现场，", "在现场看到，", "了解到，", "走进社区，", "获悉，", "采访时，", "从会上了解到，",
    "注意到，", "来到这里，",
)  # fmt: skip


def byline(r: Random) -> str:
    one, two = person(r), person(r)
    forms = (
        f"本报记者 {one}", f"本报记者 {one} 通讯员 {two}", f"记者 {one}", f"记者{one}", f"（本报记者 {one}）", f"（记者 {one} 通讯员 {two}）",
        f"文/{one}", f"作者：{one}", f"通讯员 {one}", f"（{one}）", f"（{two}）", one, f"{one} {two}", f"撰文 {one}", f"本报记者 {one} {two} 报道",
        f"记者 {one}／{place(r)}报导", f"{one}／{place(r)}报导", f"文／图 本报记者 {one}", f"特派记者 {one}", f"（{office(r)}）", f"（{one}）", f"（{one} {two}）", f"见习记者 {one}",
        f"实习生 {one}", f"（{office(r)}供稿）", f"（{place(r)}供稿）", f"文/图 {one}", f"文/图{one}", f"整理 {one}", f"{place(r)}融媒记者 {one}", f"■ 本报记者 {one}",
    )  # fmt: skip
    return r.choice(forms)


def credit(r: Random) -> str:
    one = person(r)
    forms = (
        f"本报记者 {one} 摄", f"记者 {one} 摄", f"{one} 摄", "本报记者摄", f"（{one} 摄）", "资料图片", "新华社发", "受访者供图", f"{paper(r)}资料图",
        f"通讯员 {one} 摄影报道", f"摄影：{one}", f"图/{one}", "视觉中国供图", f"记者{one}摄", f"新华社记者 {one} 摄", "主办方供图", f"{one} 供图", "本报资料图",
    )  # fmt: skip
    return r.choice(forms)


def dateline(r: Random) -> str:
    month, number = r.randint(1, 12), r.randint(1, 28)
    forms = (
        "本报讯 ", f"本报讯（记者 {person(r)}）", f"本报{month}月{number}日电（记者 {person(r)}）", f"新华社{place(r)}{month}月{number}日电 ",
        "【本报讯】", "据新华社电 ", f"本报讯（{person(r)}）", f"新华社{place(r)}{month}月{number}日电（记者{person(r)}、{person(r)}）",
    )  # fmt: skip
    return r.choice(forms)


_CLAUSES: Final = re.compile("[，。；：！？、“”‘’「」（）《》—…]")
_FIGURES: Final = re.compile(r"\d{3}")
# A headline of its own, set in one's own words, is no longer than that; what says the news is longer.
_SLOGAN: Final = 14
_NEWS: Final = 12


def clauses(paragraphs: Sequence[str]) -> list[str]:
    return [clause for paragraph in paragraphs for clause in _CLAUSES.split(paragraph) if clause]


def heading(r: Random, paragraphs: Sequence[str]) -> str:
    """Make a heading of clauses of the text that it stands over."""
    return headings(r, [paragraphs])[0]


def headings(r: Random, parts: Sequence[Sequence[str]]) -> list[str]:
    """Make the headings of one article: most papers set them alike, in length and in form."""
    style = r.choices(_STYLES, _STYLE_WEIGHTS)[0]
    alike, long = r.random() < 0.7, r.randint(3, 13)
    mark = r.choice("■●◆★▶")
    found: list[str] = []
    for number, part in enumerate(parts):
        text = style(r, part, long if alike else r.randint(3, 13))
        if style is _marked:
            text = mark + text
        elif style is _numbered:
            text = f"{HANZI[number % 10]}、{text}"
        found.append(text)
    return found


def bare(text: str) -> str:
    """Return a heading without a mark or number before it, a question mark behind it, and blanks."""
    return re.sub(r"^[■●◆★▶]|^[一二三四五六七八九十]、|？$|\s", "", text)


def _plain(r: Random, part: Sequence[str], long: int) -> str:
    """Return a clause of about this length."""
    found = [clause.replace(" ", "") for clause in clauses(part)]
    found = [clause for clause in found if 3 <= len(clause) <= 14 and not _FIGURES.search(clause)]
    near = sorted(found, key=lambda clause: abs(len(clause) - long))[:4]
    return r.choice(near) if near else "新的变化"


def _paired(r: Random, part: Sequence[str], long: int) -> str:
    blank = r.choice((" ", " ", "  ", ""))
    return blank.join((_plain(r, part, 4 + long % 3), _plain(r, part, 4 + long % 4)))


def _quoted(r: Random, part: Sequence[str], long: int) -> str:
    return quoted(r, _plain(r, part, long))


def _asking(r: Random, part: Sequence[str], long: int) -> str:
    return _plain(r, part, long) + "？"


def _marked(r: Random, part: Sequence[str], long: int) -> str:
    return _plain(r, part, long)


def _numbered(r: Random, part: Sequence[str], long: int) -> str:
    return _plain(r, part, long)


_Style = Callable[[Random, Sequence[str], int], str]
_STYLES: Final[tuple[_Style, ...]] = (_plain, _paired, _quoted, _asking, _marked, _numbered)
_STYLE_WEIGHTS: Final = (0.44, 0.27, 0.08, 0.05, 0.06, 0.1)


def quoted(r: Random, text: str) -> str:
    """Put two or three characters of a text in quotation marks, at its end or where a phrase may end."""
    if len(text) < 5 or "“" in text:
        return text
    low = r.randint(1, len(text) - 3)
    high = r.choice((len(text), min(len(text), low + r.randint(2, 3))))
    return text[:low] + "“" + text[low:high].strip() + "”" + text[high:]


def title(r: Random, article: CleanArticle, others: Sequence[CleanArticle], own: bool = False) -> str:
    """Return the article's title, parted or quoted as headlines are; sometimes another's, unless `own`."""
    text = article.title if own or r.random() < 0.85 else r.choice(others).title
    if " " not in text and len(text) > 10 and r.random() < 0.2:
        middle = break_of(r, text)
        text = text[:middle] + " " + text[middle:]
    return quoted(r, text) if len(text) > 8 and r.random() < 0.1 else text


def break_of(r: Random, text: str) -> int:
    """Return where a headline is parted: about its middle, mostly where a phrase ends."""
    middle = len(text) // 2
    places = [at for at in range(middle - 4, middle + 5) if 2 < at < len(text) - 2]
    if not places or r.random() < 0.55:
        return max(1, middle + r.randint(-3, 3))
    return min(places, key=lambda at: goes_on(text[:at], text[at:]) + 0.3 * abs(at - middle))


def slogan(r: Random, article: CleanArticle, others: Sequence[CleanArticle]) -> str:
    """Return a short headline beside which another line tells the news."""
    parts = [part for part in article.title.split(" ") if 5 <= len(part) <= _SLOGAN]
    if parts and len(article.title) > len(parts[0]) and r.random() < 0.6:
        return r.choice(parts)
    found = [clause.replace(" ", "") for clause in clauses(article.paragraphs) if 6 <= len(clause) <= _SLOGAN]
    found = [clause for clause in found if not _FIGURES.search(clause)]
    if found and r.random() < 0.35:
        text = r.choice(found)
        return text + " " + r.choice(found) if len(text) < 9 and r.random() < 0.35 else text
    short = [
        other.title for other in r.sample(list(others), min(8, len(others))) if len(other.title) <= _SLOGAN
    ]
    return r.choice(short) if short else article.title[:_SLOGAN]


def news(r: Random, article: CleanArticle) -> str:
    """Return a line that says in full what the article tells, as stands over or under a short headline."""
    if len(article.title) >= _NEWS and r.random() < 0.5:
        return article.title
    lead = [clause for clause in clauses(article.paragraphs[:2]) if 6 <= len(clause) <= 24]
    if not lead:
        return article.title
    text = r.choice(lead)
    if len(text) < 2 * _NEWS and len(lead) > 1 and r.random() < 0.5:
        text += r.choice(("，", " ", " ", "")) + r.choice(lead)
    return text


def subtitle(r: Random, article: CleanArticle, others: Sequence[CleanArticle]) -> str:
    """Return a line under a headline: behind a dash, or a clause or two of the text."""
    found = [clause for clause in clauses(article.paragraphs) if 8 <= len(clause) <= 22] or [
        r.choice(others).title
    ]
    text, chance = r.choice(found), r.random()
    if chance < 0.4:
        return "——" + (text if r.random() < 0.6 or len(text) > 13 else text + "，" + r.choice(found))
    return text + " " + r.choice(found) if chance < 0.6 else text


def head(
    r: Random, article: CleanArticle, others: Sequence[CleanArticle], own: bool, printed: bool = True
) -> list[tuple[str, str]]:
    """Return the lines over an article's text with their labels, one of them its title (`T`)."""
    halves = _HALVES.split(article.title, maxsplit=1)
    if (
        len(halves) == 2
        and min(map(len, halves)) >= _SHORTEST_HALF
        and r.random() < (_BY_HALVES if printed else 0.02)
    ):
        return list(zip(halves, r.choice(("TS", "TS", "KT")), strict=True))
    forms = _FORMS if printed else _PLAIN_FORMS
    form = r.choices(list(forms), list(forms.values()))[0]
    main = slogan(r, article, others) if form in _SLOGANS else title(r, article, others, own)
    made: dict[str, Callable[[], tuple[str, str]]] = {
        "r": lambda: (r.choice(RUBRICS), "K"),
        "h": lambda: (r.choice(("", "", "■")) + heading(r, article.paragraphs), "K"),
        "N": lambda: (news(r, article), "K" if form != "tN" else "S"),
        "K": lambda: (r.choice((news(r, article), heading(r, article.paragraphs))), "K"),
        "T": lambda: (main, "T"),
        "t": lambda: (main, "T"),
        "S": lambda: (subtitle(r, article, others), "S"),
    }
    return [made[part]() for part in form]


_FORMS: Final = {
    "T": 0.44, "rT": 0.06, "hT": 0.09, "hTS": 0.04, "KT": 0.04, "KTS": 0.03, "NT": 0.06, "NTS": 0.02, "TS": 0.16, "TSS": 0.04,
    "tN": 0.02,
}  # fmt: skip
_PLAIN_FORMS: Final = {
    "T": 0.64, "rT": 0.05, "hT": 0.05, "hTS": 0.02, "KT": 0.01, "NT": 0.015, "TS": 0.17, "TSS": 0.03, "tN": 0.015,
}  # fmt: skip
# Of these the title is short and tells no news.
_SLOGANS: Final = frozenset({"NT", "NTS", "tN"})
# A headline of two halves may be one with the line over it, or under it.
_HALVES: Final = re.compile("[ ：:]+")
_SHORTEST_HALF: Final = 5
_BY_HALVES: Final = 0.06
