"""`chuchu reload` killed at a random moment, and what the next start finds."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from knowledge.snapshots.opening import SERVED, open_newest
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import write_article, write_corpus
from tests.support.process import environment


def start_reload(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "reload"],
        cwd=folder,
        env=environment(CHUCHU_ARTICLES=str(folder / "articles"), CHUCHU_DATA=str(folder / "var")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_reloads(folder: Path, times: int, seed: int) -> int:
    """Kill `times` reloads; assert that old or new is served, whole; return how often it was the new."""
    chance, language, news = random.Random(seed), ChineseAnalyzer(), 0
    write_corpus(folder / "articles")
    began = time.monotonic()
    assert start_reload(folder).wait(120) == 0
    lasts = time.monotonic() - began
    versions = SnapshotRepository(folder / "var" / SERVED)
    old = served(versions, language)
    for round_ in range(times):
        sentences = [f"第{round_}次重写以后的第{n}句话说的是另一件事。" for n in range(5)]
        write_article(folder / "articles", "002.txt", f"第{round_}次重写", *sentences)
        new = sorted([text for text in old if "第2号" not in text and "重写" not in text] + sentences)
        with start_reload(folder) as process:
            time.sleep(chance.uniform(0, 1.1 * lasts))
            process.kill()
        found = served(versions, language)
        assert found in (old, new), f"round {round_} of seed {seed}"
        news += found == new
        old = found
    write_article(folder / "articles", "last.txt", "最后一篇", "最后的一句话也要找得到。")
    assert start_reload(folder).wait(120) == 0
    assert "最后的一句话也要找得到。" in served(versions, language)
    assert not list(versions.folder.glob(".building-*"))
    return news


def served(versions: SnapshotRepository, language: ChineseAnalyzer) -> list[str]:
    """Every fact that the next start would serve; nothing may be damaged."""
    opened, damages = open_newest(versions, language)
    assert opened is not None and damages == []
    try:
        return sorted(fact.text for fact in opened.snapshot.facts())
    finally:
        opened.close()
