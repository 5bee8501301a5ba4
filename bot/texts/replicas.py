"""What an admin is told of the other processes that serve the same bot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplicaPhrases:
    """The texts of one language."""

    all_serve: str
    line: str
    behind: str
    trouble: str


ZH_HANS = ReplicaPhrases(
    all_serve="{} 个副本都换上了。",
    line="　副本 {}：版本 {}",
    behind="有副本还没有换上，正在取：",
    trouble="（{}）",
)

EN = ReplicaPhrases(
    all_serve="All {} replicas serve it.",
    line="　replica {}: version {}",
    behind="Not every replica serves it yet; they go on fetching:",
    trouble=" ({})",
)
