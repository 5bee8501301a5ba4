"""Invented wordings of what stands around articles: names, page heads and feet, bylines, credits."""

from __future__ import annotations

from random import Random
from typing import Final

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
        "责任编辑",
        "责编",
        "本版编辑",
        "版式",
        "美编",
        "校对",
        "编辑",
        "审读",
        "视觉",
        "版面",
        "值班主任",
        "组版",
    )
    made = [
        role + r.choice((" ", "：", ":", "/", "\u3000", "")) + person(r)
        for role in r.sample(roles, r.randint(1, 3))
    ]
    desks = (
        "新闻热线",
        "联系我们",
        "投稿邮箱",
        "电子邮箱",
        "读者热线",
        "报料热线",
        "热线电话",
        "广告热线",
        "邮箱",
        "E-mail",
    )
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
    "来到现场，",
    "在现场看到，",
    "了解到，",
    "走进社区，",
    "获悉，",
    "采访时，",
    "从会上了解到，",
    "注意到，",
    "来到这里，",
)


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
