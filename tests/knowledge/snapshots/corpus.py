"""A small articles folder that tests may change as they like."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from knowledge.snapshots.build import build
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest, BuildResult
from knowledge.snapshots.sources import build_fingerprint

NEW = "苏州河边建成了新的步道。"

this_program = cache(build_fingerprint)  # as a worker does, which learns it once


def write_article(folder: Path, name: str, title: str, *sentences: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((title, *sentences)) + "\n", encoding="utf-8")
    return path


def write_corpus(folder: Path, count: int = 4, words: str = "旧区改造") -> Path:
    """Write `count` articles of three sentences each, every sentence a different one."""
    for n in range(count):
        sentences = [
            f"{words}第{n}号街坊在第{m}年完成了签约，共{n * 7 + m}户居民搬进新居。" for m in range(3)
        ]
        write_article(folder, f"{n:03d}.txt", f"第{n}号街坊{words}纪事", *sentences)
    return folder


def write_new(folder: Path) -> None:
    """Write one article more, whose only sentence is NEW."""
    write_article(folder, "new.txt", "新来的一篇", NEW)


def rebuild(articles: Path, versions: SnapshotRepository) -> BuildResult:
    """Build the folder on the version that is current, if any, and publish."""
    base = versions.current()
    with versions.staging() as folder:
        request = BuildRequest(articles, versions.folder / base if base else None)
        built = build(request, folder, fingerprint=this_program())
        versions.publish(folder)
    return built
