"""Invented articles: what the labeller's training never saw, to make pages of."""

from __future__ import annotations

from random import Random

from knowledge.training.repair.corpus import CleanArticle

PLACES = [
    "青石镇",
    "柳河县",
    "望江新城",
    "东塘街道",
    "白沙湾",
    "云溪古村",
    "北仓港区",
    "石桥社区",
    "临湖开发区",
    "松林农场",
]
ACTORS = [
    "镇农技站",
    "县图书馆",
    "社区卫生中心",
    "区交通局",
    "老年大学",
    "救援队",
    "合作社",
    "水文站",
    "非遗工坊",
    "少年宫",
]
WORKS = [
    "旧厂房改造",
    "夜间公交",
    "义诊驿站",
    "古桥修缮",
    "湿地步道",
    "冷链仓库",
    "共享菜园",
    "数字课堂",
    "堤防加固",
    "戏台复建",
]
DEEDS = ["启用", "完工", "扩容", "试运行", "验收", "开放", "动工", "延期", "招标", "投用"]
MORE = (
    "{actor}负责人介绍，{work}前后用了{a}个月，{place}有{b}户居民参加了意见征集。",
    "“以前要走{a}里路，现在出门就能用上。”家住{place}的{name}说。",
    "记者在现场看到，{work}的入口处挂着{b}张老照片，参观的人排起了队。",
    "据统计，{work}首月服务{b}人次，比预计多出{a}%，其中老人占了六成。",
    "{place}还为{work}配了{a}名志愿者，周末轮流值守，遇到雨雪天气另作安排。",
    "今年{a}月，{actor}又添置了两台设备，检修时间从三天缩短到半天。",
    "有人担心{work}用不长久，{actor}的回答是，先把账算清楚，再请大家来管。",
    "按照计划，明年{place}将把这一做法推广到另外{a}个村，总投入约{b}万元。",
    "专家认为，{work}的意义不止于省钱，更在于让{place}的人重新聚到了一起。",
)
NAMES = ["罗月华", "谭子敬", "邵文", "贺小满", "孟庆丰", "俞芳", "柏松", "焦雨桐"]


def invented_articles(count: int, seed: int = 5) -> tuple[CleanArticle, ...]:
    """Make up articles whose text speaks of what their titles name."""
    r = Random(seed)
    return tuple(_article(r) for _ in range(count))


def _article(r: Random) -> CleanArticle:
    place, actor, work = r.choice(PLACES), r.choice(ACTORS), r.choice(WORKS)
    words = {"place": place, "actor": actor, "work": work}
    paragraphs: list[str] = []
    for _ in range(r.randint(4, 8)):
        some = r.sample(MORE, r.randint(1, 3))
        paragraphs.append(
            "".join(
                text.format(**words, name=r.choice(NAMES), a=r.randint(2, 48), b=r.randint(60, 9800))
                for text in some
            )
        )
    return CleanArticle(f"{place}{work}{r.choice(DEEDS)}", tuple(paragraphs))
