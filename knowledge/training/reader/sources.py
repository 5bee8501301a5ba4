"""Public text and questions, read from bare git directories at the commits that the card names."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import opencc

KEPT_APART = 20
"""Every twentieth passage of a set is kept from training: bars are set there, before the judging sets are looked at."""
STORIES_APART = 5
_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]+[”’」』）)]*|[^。！？!?\n]+$")
_SHORTEST_SENTENCE = 4
_SHARED = 24
"""Characters in a row that a passage to be trained on may not share with one that is judged on."""


@dataclass(frozen=True, slots=True)
class PublicRepository:
    """A public repository: the folder of its mirror under the data root, and the commit its files are read at."""

    folder: str
    commit: str
    licence: str

    def read(self, root: Path, path: str) -> str:
        """Return a file's text; raises CalledProcessError where commit or path is absent."""
        return self.read_bytes(root, path).decode()

    def read_bytes(self, root: Path, path: str) -> bytes:
        """Return a file as it is; raises CalledProcessError where commit or path is absent."""
        return _git(root / self.folder, "show", f"{self.commit}:{path}")

    def names(self, root: Path, under: str) -> list[str]:
        """Return the paths below a folder, in order."""
        return (
            _git(root / self.folder, "ls-tree", "-r", "--name-only", self.commit, under).decode().splitlines()
        )


CMRC = PublicRepository("ymcui+cmrc2018/repo", "c0eb1b6", "CC BY-SA 4.0")
CMRC_ZIP = PublicRepository("cingtiye+Chinese_question_sentence_judgment/repo", "5ba62f3", "CC BY-SA 4.0")
DRCD = PublicRepository("DRCKnowledgeTeam+DRCD/repo", "b944790", "CC BY-SA 3.0")
XQUAD = PublicRepository("google-deepmind+xquad/repo", "7d30520", "CC BY-SA 4.0")
DUREADER = PublicRepository("pengwei-iie+Dureader_robustness/repo", "0b42eb3", "Apache-2.0 (DuReader-robust)")
CHINESE_SQUAD = PublicRepository(
    "junzeng-pluto+ChineseSquad/repo", "68bc319", "research only: judged on, not trained on"
)
BROADCASTS = PublicRepository(
    "DuckBurnIncense+xin-wen-lian-bo/repo", "ae8d591", "MIT (scripts of a news programme)"
)
STORIES = PublicRepository(
    "Patrick233+Cluster-Chinese-news-Article/repo", "d1badb6", "none stated: no text kept"
)
ECONOMY = PublicRepository("caijing666666+xinwenlianbo/repo", "f5c4be4", "none stated: no text kept")
KINDS = PublicRepository("guotong1988+chinese_dictionary/repo", "be725fa", "see its README: no text kept")
OPPOSITES = PublicRepository("liuhuanyong+ChineseSemanticKB/repo", "2379ce4", "none stated: no text kept")


@dataclass(frozen=True, slots=True)
class PublicText:
    """A text and where its sentences stand in it."""

    title: str
    text: str
    sentences: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, title: str, text: str) -> PublicText:
        """Cut a text into sentences; fragments under four characters join the one before."""
        places: list[tuple[int, int]] = []
        for match in _SENTENCE.finditer(text):
            if not match.group().strip():
                continue
            if places and len(match.group().strip()) < _SHORTEST_SENTENCE:
                places[-1] = (places[-1][0], match.end())
            else:
                places.append((match.start(), match.end()))
        return cls(title, text, tuple(places))


@dataclass(frozen=True, slots=True)
class ReaderQuestion:
    """A question, the passage and sentence that answer it, and where in that sentence.

    `answers` are all the accepted wordings; `sentence` is None for a question that its passage does not answer.
    """

    text: str
    passage: int
    sentence: int | None
    start: int = 0
    answers: tuple[str, ...] = ()


@dataclass(slots=True)
class ReaderSet:
    """Passages and the questions asked of them."""

    name: str
    passages: list[PublicText] = field(default_factory=list)
    asked: list[ReaderQuestion] = field(default_factory=list)

    def add(self, passage: int, question: str, answers: list[tuple[int, str]]) -> None:
        """Add a question with (place in the passage, answer); one whose answer crosses sentences is left out."""
        text = self.passages[passage].text
        wordings = tuple(sorted({answer for _, answer in answers}))
        if not answers:
            self.asked.append(ReaderQuestion(question.strip(), passage, None))
            return
        for stated, answer in answers:
            place = stated if stated >= 0 else _likeliest(text, self.passages[passage], question, answer)
            if not answer or place < 0 or text[place : place + len(answer)] != answer:
                continue
            for number, (start, end) in enumerate(self.passages[passage].sentences):
                if start <= place and place + len(answer) <= end:
                    self.asked.append(
                        ReaderQuestion(question.strip(), passage, number, place - start, wordings)
                    )
                    return


def _likeliest(text: str, passage: PublicText, question: str, answer: str) -> int:
    """Return where the answer stands, in the sentence that shares most characters with the question; -1 if nowhere."""
    places = [match.start() for match in re.finditer(re.escape(answer), text)] if answer else []

    def shared(place: int) -> int:
        around = next((text[a:b] for a, b in passage.sentences if a <= place < b), "")
        return len(set(around) & set(question))

    return max(places, key=shared, default=-1)


def cmrc_trial(root: Path) -> ReaderSet:
    """CMRC2018's trial part: 1,002 questions."""
    return _squad("cmrc-trial", CMRC.read(root, "squad-style-data/cmrc2018_trial.json"))


def cmrc_train(root: Path) -> ReaderSet:
    """CMRC2018's training part: 10,142 questions, less those of passages that share a run of text with the development part."""
    packed = io.BytesIO(CMRC_ZIP.read_bytes(root, "data/cmrc2018_public.zip"))
    with zipfile.ZipFile(packed) as archive:
        whole = _squad("cmrc-train", archive.read("train.json").decode())
    judged = {run for passage in cmrc_dev(root).passages for run in _runs(passage.text)}
    shared = {n for n, passage in enumerate(whole.passages) if not judged.isdisjoint(_runs(passage.text))}
    return ReaderSet(whole.name, whole.passages, [one for one in whole.asked if one.passage not in shared])


def _runs(text: str) -> set[str]:
    close = "".join(text.split())
    return {close[start : start + _SHARED] for start in range(len(close) - _SHARED + 1)}


def cmrc_dev(root: Path) -> ReaderSet:
    """CMRC2018's development part: for judging only."""
    return _squad("cmrc-dev", CMRC.read(root, "squad-style-data/cmrc2018_dev.json"))


def drcd_test(root: Path) -> ReaderSet:
    """DRCD's test part in simplified characters: trained on."""
    return _squad("drcd-test", _simplified(DRCD.read(root, "DRCD_test.json")))


def drcd_dev(root: Path) -> ReaderSet:
    """DRCD's development part in simplified characters: for judging only."""
    return _squad("drcd-dev", _simplified(DRCD.read(root, "DRCD_dev.json")))


def xquad(root: Path) -> ReaderSet:
    """XQuAD's Chinese part: 1,190 questions."""
    return _squad("xquad", XQUAD.read(root, "xquad.zh.json"))


def dureader(root: Path) -> ReaderSet:
    """DuReader-robust's development part: short search questions over web text, used for training."""
    return _squad("dureader", DUREADER.read(root, "data_2020/dureader_robust-data/dev.json"))


def chinese_squad(root: Path) -> ReaderSet:
    """SQuAD 2's development part in Chinese, with unanswerable questions: for judging only."""
    return _squad("chinese-squad", CHINESE_SQUAD.read(root, "squad_2.0/dev-v2.0-zh.json"))


def news(root: Path, most: int) -> list[PublicText]:
    """Up to `most` passages of news: programme scripts and economic reports, every fourth passage of the latter."""
    passages: list[PublicText] = []
    reports = _reports(root)
    for script in _scripts(root):
        passages.append(script)
        if len(passages) % 4 == 0 and (report := next(reports, None)) is not None:
            passages.append(report)
        if len(passages) >= most:
            break
    return passages


def stories(root: Path, most: int) -> list[PublicText]:
    """Up to `most` stories of news sites, of each kind alike; every fifth is kept from training, as the repair's models keep it."""
    kinds: dict[str, list[str]] = {}
    for name in STORIES.names(root, "."):
        folder, _, title = name.removesuffix(".txt").partition("/")
        if title and "/" not in title and name.endswith(".txt") and not is_story_apart(title):
            kinds.setdefault(folder, []).append(name)
    passages: list[PublicText] = []
    for names in zip_longest(*kinds.values()):
        for name in filter(None, names):
            body = re.sub(r"\s+", "", STORIES.read_bytes(root, name).decode(errors="replace"))
            if len(body) >= 60 and "\ufffd" not in body and len(passages) < most:
                passages.append(PublicText.of(name.partition("/")[2].removesuffix(".txt")[:40], body[:900]))
    return passages


def is_story_apart(title: str) -> bool:
    """Whether a story is one of those that nothing is trained on."""
    return hashlib.sha256(title.strip().encode()).digest()[0] % STORIES_APART == 0


def _scripts(root: Path) -> Iterator[PublicText]:
    names = [name for name in BROADCASTS.names(root, "news/") if name.endswith(".md")]
    for name in names[::-3] + names[-2::-3]:
        for part in re.split(r"\n#+ ", BROADCASTS.read(root, name))[2:]:
            head, _, body = part.partition("\n")
            body = html.unescape(re.sub(r"<strong>[^<]*</strong>（新闻联播）：|<[^>]+>|\s+", "", body))
            head = re.sub(r"^[\d.、（）\s]+|【[^】]*】", "", head).strip()
            if len(body) >= 60 and "本期节目" not in body:
                yield PublicText.of(head[:40], body[:900])


def _reports(root: Path) -> Iterator[PublicText]:
    for name in ECONOMY.names(root, "data/news/"):
        report = json.loads(ECONOMY.read(root, name))
        body = re.sub(r"[\s\u3000]+", "", str(report.get("content") or ""))
        if len(body) >= 60:
            yield PublicText.of(str(report.get("title") or "")[:40], body[:900])


def _squad(name: str, text: str) -> ReaderSet:
    found = ReaderSet(name)
    for entry in json.loads(text)["data"]:
        title = str(entry.get("title") or "")
        for paragraph in entry["paragraphs"]:
            found.passages.append(PublicText.of("" if title.isascii() else title, paragraph["context"]))
            for question in paragraph["qas"]:
                answers = [(int(a["answer_start"]), str(a["text"])) for a in question["answers"]]
                found.add(len(found.passages) - 1, str(question["question"]), answers)
    return found


def _simplified(text: str) -> str:
    converter = opencc.OpenCC("t2s")
    return str(converter.convert(text))


def _git(folder: Path, *words: str) -> bytes:
    asked = ["git", "-c", "core.quotepath=off", "--git-dir", str(folder), *words]
    return subprocess.run(asked, capture_output=True, check=True).stdout  # noqa: S603 - fixed words
