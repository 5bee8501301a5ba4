"""Which sentences cannot be understood alone: they point back, or leave their subject to the sentence before."""

from __future__ import annotations

import re
from typing import Final

_POINTS_BACK: Final = re.compile(
    "[“]?(?:这|那(?!曲)|此|该|其(?!中央)|它|他们?|她们?|同时|对此|为此|由此|因此|因而|所以|于是|但(?!是说)|然而|不过|而(?!今)|并(?!州)|也|还|则|此外|另外|另一方面"
    "|比如|例如|譬如|又如|再如|又比如|再比如|随后|接着|接下来|最终|后来|期间|与此同时|在此|从此|以上|上述|前者|后者|两者|二者|双方|当时|当天|当日|如此|总之|换言之)"
)
_POINTS_INSIDE: Final = re.compile(
    "这里|那里|该[镇区市县村乡省公司校院局街项系所州国站线]|此举|这一|上述|当地|代表团"
)
# Verbs that open a clause whose subject stood in the sentence before.
_NO_SUBJECT: Final = re.compile(
    "(?:要|将|把|坚持|围绕|聚焦|紧盯|紧扣|挖掘|成立|组建|开展|组织|举办|召开|编印|编制|筹拍|推动|推进|建立|健全|完善|实施|探索|形成|实现|打造|创新|强化"
    "|深化|加强|加快|落实|通过|结合|针对|放大|突出|注重|引导|鼓励|支持|帮助|邀请|充分|积极|认真|切实|进一步|最快|最终|预计|争取|确保|力求|力争|与.{2,8}相结合)"
)
_SINCE_THEN: Final = re.compile(
    "(?:截至|截止|目前|至今|如今|今年|去年|随后|一年来|[^，。]{1,6}以来)[^，。]{0,12}，(?:已|共|累计|先后|又|再|仍|均|全部)"
)
_FIRST_CLAUSE: Final = re.compile("[，,；：:]")


def leans(text: str, opens_paragraph: bool) -> bool:
    """Tell whether a sentence leans on the one before it; one that opens a paragraph only where it points back."""
    if _POINTS_BACK.match(text) or _SINCE_THEN.match(text):
        return True
    clause = _FIRST_CLAUSE.search(text, 0, 40)
    if _POINTS_INSIDE.search(text, 0, clause.start() if clause else 20):
        return True
    return not opens_paragraph and _NO_SUBJECT.match(text) is not None
