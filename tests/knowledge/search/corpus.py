"""A small corpus for the search's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from knowledge.documents.folder import read_document
from knowledge.query.aliases import Aliases
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot

ARTICLES = {
    "gourd.txt": (
        "老房子的新生",
        "静安区选取蕃瓜弄改造项目作为突破口，推动小梁薄板房屋改造。",
        "蕃瓜弄居民欢天喜地告别旧居。",
        "当年的棚户区见证了几代人的生活。",
    ),
    "vaccine.txt": (
        "闵行的莫德纳速度",
        "从签约到开工，在闵行区，耗时3个多月的“莫德纳”速度刷新了落地记录。",
        "这背后是零时差办公的招商专班机制。",
    ),
    "plateau.txt": (
        "高原上的学校",
        "上海为果洛54所中小学实施标准化建设项目，资助学生2.1万人次。",
        "果洛平均海拔4200米，自然条件严酷。",
    ),
    "harbour.txt": (
        "临港新片区的离岸贸易",
        "2023年上半年临港新片区离岸转手买卖收汇规模达49.53亿美元，同比增长70.12%。",
        "市委书记深入企业调研，听取意见建议三百五十件。",
    ),
    "towns.txt": (
        "几个镇的做法",
        "奉贤区金汇镇探索“金食汇”项目，解决老人助餐问题。",
        "崇明区建设镇新增174座新能源充电桩。",
        "虹口区调研垃圾分类可回收物体系建设情况。",
        "黄浦区让老年人以一卡吃遍老字号。",
    ),
    "autumn.txt": (
        "秋天的准备",
        "第二届进博会筹备和城市服务保障紧锣密鼓进行。",
    ),
}


@contextmanager
def snapshot(
    aliases: Aliases | None = None, articles: Mapping[str, Sequence[str]] = ARTICLES
) -> Iterator[Snapshot]:
    repaired = [
        repair_document(read_document(name, "\n\n".join(lines).encode())) for name, lines in articles.items()
    ]
    with closing(Snapshot.of("test", repaired, aliases=aliases)) as opened:
        yield opened
