"""Repair: articles a CPU second for 10, 1,000 and 20,000 articles, clean and set in columns, and how that grows.

Everything is compared within one run: growth is linear when 20,000 articles cost about as much each as 1,000, and
memory is bounded when the peak beside the result does not grow with the number of files.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

import psutil

from knowledge.model import Document
from knowledge.repair import sentences
from knowledge.repair.pipeline import repair_document
from knowledge.training.repair.clean_files import clean_file
from knowledge.training.repair.drawn import DrawnPage
from knowledge.training.repair.measure import packed, score_pages, truth
from knowledge.training.repair.pages import newspaper_page
from knowledge.training.repair.printed_pages import side_by_side
from tests.knowledge.repair.pages import invented_articles
from tests.support.words import words

WORDS = words("repair")
SIZES = (10, 1_000, 20_000)
LINEAR = 1.5
FACTS_PER_SECOND = 6_000
PAGES, PARAGRAPHS, SENTENCES = 60, 5, 4
# What else was measured on the same pages; 0.1's rules are gone, their figures on other papers stay for comparison.
RECORDED = "rules of 0.1 on 14 damaged texts that nobody tuned for: F1 .800  title .414  section .769"


def article(number: int, columns: int | None) -> Document:
    """Make up one file: title, subheading, paragraphs; broken into lines of `columns` characters if given."""
    chance = random.Random(number)

    def some(kind: str) -> str:
        return chance.choice(WORDS[kind])

    def sentence() -> str:
        end, n = some("ends"), chance.randint(3, 9000)
        end = end.format(n=n, p=f"{chance.random() * 90:.1f}", m=f"{chance.random() * 40:.2f}")
        more = chance.choice(("", "", "，落实“一张清单”", "，依照《管理办法（试行）》", "，其中多数为首次"))
        return f"{chance.randint(1, 12)}月，{some('places')}{some('who')}{some('did')}{some('what')}{more}，{end}。"

    lines = [f"{some('places')}{some('did')}{some('what')}工程第{number}期", ""]
    for at in range(PARAGRAPHS):
        text = "".join(sentence() for _ in range(SENTENCES))
        lines += ["", f"{some('what')}见成效", ""] if at == 2 else []
        lines += [text[i : i + columns] for i in range(0, len(text), columns)] if columns else [text, ""]
    return Document(f"{number}.txt", "", 0, "text", "utf-8", tuple(lines))


def measure(size: int, columns: int | None) -> tuple[float, int]:
    """Repair documents one after another, keeping none; return CPU seconds and facts."""
    took, facts = 0.0, 0
    for number in range(size):
        document = article(number, columns)
        began = time.process_time()
        repaired = repair_document(document)
        took += time.process_time() - began
        facts += len(repaired.facts)
    return took, facts


def compare() -> None:
    """Print how well sentences of generated pages are restored: by splitting each line naively, and by repair."""
    articles, pages = invented_articles(60), list[DrawnPage]()
    for make, seed, count in (
        (newspaper_page, 4_000, PAGES),
        (side_by_side, 5_000, PAGES // 4),
        (clean_file, 6_000, PAGES),
    ):
        pages += [make(random.Random(seed + at), articles) for at in range(count)]
    right = both = 0
    for page in pages:
        true = Counter(text for text, _, _ in truth(page))
        naive = Counter(packed(line[a:b]) for line in page.lines for a, b in sentences.split_sentences(line))
        right += (true & naive).total()
        both += naive.total() + true.total()
    print(RECORDED)
    print(f"naive: each line split at full stops: F1 {2 * right / both:.3f}")
    for kind, score in sorted(score_pages(pages).items()):
        print(f"ours {kind:14} {score}")


def main(argv: list[str]) -> int:
    """Print the figures; exit 1 when growth is not linear, memory grows, or clean text is repaired too slowly."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench repair", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    sizes = parser.parse_args(argv).sizes
    compare()
    failed, process = False, psutil.Process()
    for name, columns in (("clean", None), ("columns", 18)):
        each, resident = [1.0], [1]
        for size in sizes:
            took, facts = measure(size, columns)
            each.append(took / size)
            resident.append(process.memory_info().rss)
            print(
                f"{name:8} {size:6} articles  {size / took:8.0f} articles/s  {facts / took:8.0f} facts/s"
                f"  {1e6 * each[-1]:6.0f} µs each  {resident[-1] >> 20} MB"
            )
        growth, memory = (row[-1] / row[-2] if len(sizes) > 1 else 1.0 for row in (each, resident))
        cost = f"cost of one article, largest to next: {growth:.2f} (linear below {LINEAR})"
        print(f"{name:8} {cost}; memory {memory:.2f}")
        slow = columns is None and facts / took < FACTS_PER_SECOND
        failed = failed or growth > LINEAR or memory > LINEAR or slow
    return int(failed)
