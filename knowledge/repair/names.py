"""Writers' names as newspapers print them."""

from __future__ import annotations

import re
from typing import Final

# The surnames of about 97 % of the population (百家姓 by frequency, 2020 census bulletin), single and double.
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严欧莫孔向常汤温康施牛葛洪乔申翟章鲁葛倪殷颜俞柳邢路岳梅庄"
    "辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜"
    "吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都"
)
_NAME: Final = f"(?:(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|[{_SURNAMES}])[\u4e00-\u9fff·]{{1,2}})"
NAMES: Final = f"{_NAME}(?:[\\s、，]+{_NAME}){{0,5}}"
_AFTER_ROLE: Final = "[\\s:：/／|丨]"
_REPORTER: Final = (
    "(?:[\u4e00-\u9fff]{0,8}?(?:首席|见习|实习|特约|全媒体|融媒体)?(?:记者|通讯员|特派员)|实习生"
    "|撰文|撰稿|文\\s*[/／]?\\s*图|图\\s*[/／]\\s*文)"
)
# Words of any text too (文化, 作者来自): they name a writer only where they stand apart from the name.
_WRITER: Final = "(?:作者|文字|文)"
_ROLE: Final = f"(?:{_REPORTER}{_AFTER_ROLE}*|{_WRITER}{_AFTER_ROLE}+)"
_FURTHER: Final = f"(?:[\\s、，]*{_ROLE}{NAMES})*"
SIGNED: Final = f"{_ROLE}{NAMES}{_FURTHER}"
_SIGNED_APART: Final = f"(?:{_REPORTER}|{_WRITER}){_AFTER_ROLE}+{NAMES}{_FURTHER}"

# Districts and towns look like names too (金山区, 徐汇区).
_NO_PLACE: Final = "(?!.*[区县市镇乡省州村](?:[\\s、，]|$))"
ONLY_NAMES: Final = re.compile(f"{_NO_PLACE}{NAMES}$")
SEVERAL_NAMES: Final = re.compile(f"{_NO_PLACE}{_NAME}(?:[\\s、，]+{_NAME}){{1,5}}$")
ONLY_SIGNED: Final = re.compile(f"[■□●◎○▲]?\\s*{SIGNED}(?:\\s*(?:报道|文|整理|采写|综合报道))?$")
# The writer in brackets: names, or the office that sent the text in.
IN_BRACKETS: Final = re.compile(
    f"[（(]\\s*(?:{SIGNED}|{NAMES}|[^（）()，。！？0-9]{{1,18}}(?:[部委办局院社报室处厅会站校组司团]|供稿|提供|整理|编译|撰稿|采写)|来源[:：][^（）()]{{1,20}})\\s*[)）]$"
)
# `glued` may as well be words of the text (“…。”记者来到 | 社区): a byline only where the text ends.
AFTER_SENTENCE: Final = re.compile(
    f"(?:(?<=[。！？”’」』》）])(?:\\s+{NAMES}|\\s+{SIGNED}|{_SIGNED_APART})"
    f"|(?:(?<=[。！？])|(?<=[。！？][”’」』》）]))(?:(?P<glued>{SIGNED})|\\s*(?:{IN_BRACKETS.pattern[:-1]})))$"
)
