"""Clean articles to make damaged pages from: public texts, fetched apart, checked by hash, never committed."""

from __future__ import annotations

import hashlib
import html
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from opencc import OpenCC

# What was trained on: the folder's parts and the SHA-256 over their files in the order of their names.
HASHES: Final = {
    "stories": "53c6f0d32a270d7bd1d804f654e949257681b9f557ad2047884c070f0ebf0af6",
    "news": "702ec1787729ba7646e58300981b69c3bc4e10e33942648397ffdff56cacf5ba",
    "cmrc2018_trial.json": "73e1bd37e65188ea208933edfc8613abe3634a7001e9c3fc9e52f325e0d4ab61",
    "DRCD_test.json": "05dc81c836dc8dd0ec767bf293cbdd549b3872ce9298566d115f792c670cbc6b",
}
# Every so many-th article is kept apart from training, and never seen by it.
KEPT_APART: Final = 8
STORIES_APART: Final = 5
_SENTENCE: Final = re.compile("[^。！？]*[。！？]+[”’」』）]*")
_PROLOGUE: Final = re.compile(r"^央视网消息\s*[（(]新闻联播[）)]\s*[：:]\s*")
_FEWEST: Final = 120
_QUOTED: Final = re.compile('"([^"]*)"')
_INVISIBLE: Final = dict.fromkeys((0x200B, 0xFEFF))
# What a site adds to a story.
_IMPRINT: Final = re.compile("http|新浪|责任编辑|来源|[a-z]{12}")
_SHORTEST_TITLE: Final = 8
_LONGEST_TITLE: Final = 44
_USUAL: Final = range(8, 161)
_FEWEST_SENTENCES: Final = 4


@dataclass(frozen=True, slots=True)
class CleanArticle:
    """A title and the paragraphs below it."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticleCorpus:
    """Articles in both scripts: to train on, and kept apart; and stories to train on as a site gives them: headline and text."""

    training: tuple[CleanArticle, ...]
    apart: tuple[CleanArticle, ...]
    files: tuple[tuple[str, str], ...] = ()


class WrongData(Exception):
    """The folder does not hold the data that the models are made from."""


def load_corpus(folder: Path) -> ArticleCorpus:
    """Read the articles below `folder`: `news/*.md`, `stories/*/*.txt`, `cmrc2018_trial.json`, `DRCD_test.json`.

    Raises:
        WrongData: a part is missing or another version.
    """
    for part, expected in HASHES.items():
        found = _hash(folder / part)
        if found != expected:
            raise WrongData(
                f"{folder / part}: SHA-256 {found}, expected {expected}; see knowledge/models/README.md"
            )
    news = list(_news(folder / "news"))
    often = Counter(article.title for article in news)
    news = [article for article in news if often[article.title] == 1]
    stories = list(_stories(folder / "stories"))
    titles = [article.title for article in news + stories]
    chooser = random.Random(7)
    encyclopedia = [
        CleanArticle(chooser.choice(titles), paragraphs)
        for paragraphs in _contexts(folder / "cmrc2018_trial.json")
    ]
    traditional = OpenCC("s2t")
    foreign = [
        CleanArticle(traditional.convert(chooser.choice(titles)), paragraphs)
        for paragraphs in _contexts(folder / "DRCD_test.json")
    ]
    training: list[CleanArticle] = []
    apart: list[CleanArticle] = []
    for article in news + encyclopedia * 2 + foreign:
        (apart if _is_apart(article.paragraphs[0], KEPT_APART) else training).append(article)
    for article in stories:
        (apart if _is_apart(article.title, STORIES_APART) else training).append(article)
    files = tuple(each for each in _texts(folder / "stories") if not _is_apart(each[0], STORIES_APART))
    return ArticleCorpus(tuple(training), tuple(apart), files)


def _is_apart(text: str, every: int) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % every == 0


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if each.is_file():
            found.update(each.name.encode())
            found.update(each.read_bytes())
    return found.hexdigest()


def _news(folder: Path) -> Iterator[CleanArticle]:
    """Yield the items of broadcast news scripts, each with its headline."""
    seen: set[str] = set()
    for path in sorted(folder.glob("*.md")):
        text = path.read_text(encoding="utf-8").split("## 详细新闻", 1)[-1]
        for part in re.split(r"\n### ", text)[1:]:
            title, _, body = part.partition("\n")
            title = re.sub("^【[^】]*】", "", title.strip())
            body = html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</p>|<br\s*/?>", "\n", body)))
            lines = (re.sub(r"\s+", " ", line).strip() for line in body.split("\n"))
            paragraphs = tuple(
                line
                for line in (_PROLOGUE.sub("", line) for line in lines)
                if len(line) > 25 and line[-1] in "。！？”"
            )
            if (
                paragraphs
                and 5 < len(title) <= 40
                and sum(map(len, paragraphs)) > _FEWEST
                and paragraphs[0] not in seen
            ):
                seen.add(paragraphs[0])
                yield CleanArticle(title, paragraphs)


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield headline and text of stories of news sites: a file's name is the headline."""
    for path in sorted(folder.glob("*/*.txt")):
        yield _QUOTED.sub("“\\1”", path.stem.strip()), path.read_text(encoding="utf-8", errors="replace")


def _stories(folder: Path) -> Iterator[CleanArticle]:
    """Yield the stories as articles, their sentences put into paragraphs."""
    r = random.Random(11)
    for title, text in _texts(folder):
        if not _SHORTEST_TITLE <= len(title) <= _LONGEST_TITLE or "\ufffd" in text:
            continue
        text = re.sub(r"\s+", " ", text.translate(_INVISIBLE))
        found = (sentence.strip() for sentence in _SENTENCE.findall(text))
        sentences = [
            each for each in dict.fromkeys(found) if len(each) in _USUAL and not _IMPRINT.search(each)
        ]
        paragraphs: list[str] = []
        at = 0
        while at < len(sentences):
            many = r.choice((1, 1, 2, 2, 3, 4))
            paragraphs.append("".join(sentences[at : at + many]))
            at += many
        if len(sentences) >= _FEWEST_SENTENCES:
            yield CleanArticle(title, tuple(paragraphs))


def _contexts(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield the texts of a reading-comprehension set in the SQuAD format as paragraphs of about 100 characters."""
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for part in article["paragraphs"]:
            paragraphs: list[str] = []
            current = ""
            for sentence in _SENTENCE.findall(re.sub(r"\s+", " ", part["context"]).strip()):
                current += sentence
                if len(current) > 90:
                    paragraphs.append(current)
                    current = ""
            if current:
                paragraphs.append(current)
            if paragraphs:
                yield tuple(paragraphs)
