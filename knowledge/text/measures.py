"""Measure words of Chinese, and which of them count the same things."""

from __future__ import annotations

MEASURES = tuple(
    """
    个 名 位 人 人次 户 家 所 项 件 条 座 处 间 套 栋 层 台 辆 架 艘 列 支 张 本 篇 份 封 场 次 批 期 届 轮 种 类
    对 双 只 头 匹 株 棵 颗 例 宗 起 箱 趟 班 组 倍 度 亩 公顷 平方米 平方公里 立方米 米 千米 公里 厘米 毫米
    吨 公斤 千克 克 元 万元 亿元 美元 欧元 千瓦 千瓦时 升 年 个月 周 天 小时 分钟 秒 岁 个百分点
    """.split()  # noqa: SIM905  a list of eighty words, one a line, would hide them
)
"""The common ones, for questions made and changed by program."""
_ALIKE = (
    frozenset({"人", "名", "位", "人次", "个", "员", "万人", "口"}),
    frozenset({"个", "项", "件", "条", "起", "宗", "例", "份", "种", "类", "款"}),
    frozenset({"家", "个", "所", "处", "座", "间"}),
    frozenset({"场", "场次", "次", "期", "届", "轮"}),
    frozenset({"米", "公里", "千米", "厘米", "毫米"}),
    frozenset({"天", "日", "个工作日", "工作日"}),
    frozenset({"小时", "个小时", "个钟头", "钟头"}),
    frozenset({"月", "个月"}),
    frozenset({"周", "个星期", "星期"}),
    frozenset({"%", "％", "成"}),
    frozenset({"百分点", "个百分点"}),
    frozenset({"公斤", "千克"}),
    frozenset({"台", "辆", "部", "架", "架次", "辆次"}),
    frozenset({"棵", "株"}),
    frozenset({"本", "册", "部", "卷"}),
    frozenset({"亩", "公顷", "平方米", "平方公里", "平方千米"}),
    frozenset({"吨", "公斤", "千克", "克", "斤"}),
    frozenset({"人民币", "元"}),
    frozenset({"岁", "周岁"}),
    frozenset({"套", "户", "间", "栋"}),
)
_PHYSICAL = frozenset(
    "米 千米 公里 厘米 毫米 吨 公斤 千克 克 亩 公顷 平方米 平方公里 立方米 元 美元 欧元 % ％ 岁 度 千瓦 千瓦时 升".split()  # noqa: SIM905
)
"""What 个 never stands for: it counts things, whatever their own word is."""
_SCALES = "万亿千百"


def alike(one: str, other: str) -> bool:
    """Tell whether two measure words may count the same: 名 and 人, 项 and 个, 元 and 万元."""
    bare, its = one.lstrip(_SCALES) or one, other.lstrip(_SCALES) or other
    return (
        bare == its
        or any(bare in group and its in group for group in _ALIKE)
        or ("个" in (bare, its) and not {bare, its} & _PHYSICAL)
    )


def comparable(one: str, other: str) -> bool:
    """Tell whether figures of these measures may be the same figure: a missing measure says nothing against it."""
    return not one or not other or alike(one, other)
