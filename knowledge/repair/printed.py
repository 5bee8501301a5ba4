"""What the page itself says about its date and campaign; nothing is inferred."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_DATE: Final = re.compile(r"((?:19|20)\d\d)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
# "The first round of …": a campaign is named by its round and its kind.
_CAMPAIGN: Final = re.compile(
    "第[一二三四五六七八九十]{1,3}[批轮届期](?:“[^”]{2,30}”|[^，。；、：“”\\s]{0,40}?)(?:主题教育|学习教育|专题教育|教育活动|专项行动|专项整治|实践活动)"
)


def campaign(texts: Iterable[str]) -> str | None:
    """Return the fullest name of the campaign that title and lead print, or None."""
    return max((match[0] for text in texts for match in _CAMPAIGN.finditer(text)), key=len, default=None)


def issue_date(headers: Iterable[str]) -> str | None:
    """Return the date that the page headers print as `YYYY-MM-DD`, or None when they print none or several."""
    dates = {f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}" for header in headers for m in _DATE.finditer(header)}
    return dates.pop() if len(dates) == 1 else None
