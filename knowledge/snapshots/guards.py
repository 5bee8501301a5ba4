"""When a new snapshot must not replace the old one without a person's word. Pure."""

from __future__ import annotations

from knowledge.snapshots.manifest import Figures

SHRUNK = 0.5  # more than half gone: rather a wrong folder than an editor's wish


def objection(before: Figures | None, after: Figures) -> str | None:
    """Say in Chinese why a person should confirm this snapshot; None if nothing speaks against it."""
    if not after.facts:
        return "文件夹里没有一句可用的话"
    if before is None:
        return None
    for what, old, new in (("文章", before.articles, after.articles), ("句子", before.facts, after.facts)):
        if new < old * (1 - SHRUNK):
            return f"{what}从 {old} 减到 {new}，少了一半以上"
    return None
