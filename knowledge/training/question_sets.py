"""SQuAD-style Chinese JSON and news scripts as articles and questions, and how a short answer compares with the right ones.

Of news scripts questions are made: a figure, a name, a time, a place, a quoted title, a reason or a way is asked for with
the words of its own clause, as a question or as keywords; so dense party-paper prose, which public question sets lack, is
learned from too.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from knowledge.documents.folder import read_document
from knowledge.model import Fact, ParsedDocument
from knowledge.repair.pipeline import repair_document
from knowledge.text.analyzer import NAME_TAGS, Analyzer, ChineseAnalyzer, Token
from knowledge.text.folding import fold
from knowledge.text.numbers import MEASURES

_MARKS = re.compile(r"[\s“”\"'《》「」『』（）()，。、,.·：:；;！!？?]")


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of one article and paragraph (by number): its answers, and the facts that hold one."""

    text: str
    article: int
    passage: int
    answers: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    answerable: bool = True

    @property
    def fact(self) -> Fact | None:
        """The first fact that holds an answer."""
        return self.facts[0] if self.facts else None

    @property
    def right(self) -> frozenset[str]:
        """The ids of the facts that hold an answer."""
        return frozenset(fact.id for fact in self.facts)


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Articles repaired as they would be served, by number, and the questions asked of them, or made of news."""

    name: str
    is_made: bool
    articles: dict[int, ParsedDocument]
    asked: tuple[AskedQuestion, ...]


def load(path: Path, keep: Callable[[int], bool] = lambda article: True) -> QuestionSet:
    """Read a data set; articles that `keep` refuses are left out, their questions stay.

    A folder holds news scripts, of which questions are made (`news`).
    """
    language = ChineseAnalyzer()
    rows = (
        list(news_rows(path, language, Random(0)))
        if path.is_dir()
        else json.loads(path.read_text(encoding="utf-8"))["data"]
    )
    parsed = {
        number: repair_document(read_document(f"{number:05}.txt", article_text(row).encode()))
        for number, row in enumerate(rows)
        if keep(number)
    }
    return QuestionSet(path.stem, path.is_dir(), parsed, tuple(_questions(rows, parsed)))


def article_text(row: dict[str, Any]) -> str:
    """Return an article as a file: title, blank line, one paragraph a line."""
    paragraphs = [paragraph["context"].replace("\n", "") for paragraph in row["paragraphs"]]
    return "\n".join([row.get("title") or "无题", "", *paragraphs, ""])


def _questions(rows: Iterable[dict[str, Any]], parsed: dict[int, ParsedDocument]) -> Iterator[AskedQuestion]:
    passages = count()
    for number, row in enumerate(rows):
        facts = parsed[number].facts if number in parsed else ()
        for line, paragraph in enumerate(row["paragraphs"], 3):
            passage = next(passages)
            for question in paragraph["qas"]:
                given = question.get("answers") or []
                answers = tuple(dict.fromkeys(answer["text"] for answer in given))
                if question.get("is_impossible") or not answers:
                    yield AskedQuestion(question["question"], number, passage, (), answerable=False)
                    continue
                places = [_place(paragraph["context"], answer) for answer in given]
                holding = tuple(fact for fact in facts if _holds(fact, line, places))
                yield AskedQuestion(question["question"], number, passage, answers, holding)


def _holds(fact: Fact, line: int, places: list[int]) -> bool:
    return any(span.line == line and any(span.start <= at < span.end for at in places) for span in fact.spans)


def _place(context: str, answer: dict[str, Any]) -> int:
    """The answer's column in its paragraph's line; the stated one is wrong at times."""
    start: int = answer["answer_start"]
    if not context.startswith(answer["text"], start):
        start = context.find(answer["text"])
    return start - context.count("\n", 0, max(start, 0))


def normal(text: str) -> str:
    """Return a text as answers compare: folded, without marks and spaces."""
    return _MARKS.sub("", fold(unicodedata.normalize("NFKC", text)))


def exact(said: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer is one of the right ones."""
    return normal(said) in {normal(answer) for answer in answers}


def f1(said: str, answer: str) -> float:
    """Return the harmonic mean of precision and recall over characters, as CMRC counts it."""
    mine, right = Counter(normal(said)), Counter(normal(answer))
    common = sum((mine & right).values())
    return 2 * common / (mine.total() + right.total()) if common else 0.0


def is_right(said: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer holds a right one and is at most 12 characters or twice as long, or nearly is it."""
    got = normal(said)
    return any(
        (normal(answer) in got and len(got) <= max(12, 2 * len(normal(answer)))) or f1(said, answer) >= 0.8
        for answer in answers
    )


LONGEST_ARTICLE = 900
MOST_OF_AN_ARTICLE = 8
_UNITS = "|".join(sorted(MEASURES, key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?P<led>达到?|为|共|共有)?(?P<number>\d[\d,.]*(?:万亿|百亿|千亿|亿|万|千|百)?(?:余|多)?(?P<unit>{_UNITS})|\d[\d.]*%)"
)
_TAKES_A_NOUN = frozenset("个家项座名条台件种场所处批次")
_SENTENCE = re.compile(r"[^。！？]+[。！？]?")
_MARK = re.compile(r"[,，。;；:：、！？“”（）]")
_PERSONAL = frozenset({"nr", "nrt", "nrfg"})
_ASKED_OF = (
    (re.compile(r"(?:公司|集团|企业)$"), ("哪家公司", "哪家企业", "哪家单位", "谁")),
    (re.compile(r"(?:大学|学院)$"), ("哪所大学", "哪所学校", "哪家单位")),
    (re.compile(r"医院$"), ("哪家医院", "哪个医院")),
    (re.compile(r"(?:[部局委办署厅院会])$"), ("哪个部门", "哪家单位", "谁", "哪个单位")),
)
_PLACE_OF = (
    ("省", "哪个省"),
    ("市", "哪个市"),
    ("区", "哪个区"),
    ("县", "哪个县"),
    ("镇", "哪个镇"),
    ("州", "哪个州"),
    ("村", "哪个村"),
)
_DATE = re.compile(r"^(?:\d{4}年)?\d{1,2}月\d{1,2}日|^今年\d{1,2}月|^\d{4}年(?:\d{1,2}月)?")
_WHERE = re.compile(
    r"(?P<before>[\u4e00-\u9fff“”]{3,20})在(?P<place>[\u4e00-\u9fff]{2,10})(?P<verb>举行|召开|举办|开幕|启动|开工|揭牌|发布|落户|投产|通车|成立|开赛|闭幕|上线)"
)
_QUOTED = re.compile(
    r"(?P<before>[\u4e00-\u9fff]{3,18})(?P<title>《[^《》]{3,24}》|“[^“”]{3,16}”)(?P<noun>行动|活动|报告|意见|规划|方案|工程|项目|计划|机制|条例|办法|模式|展览)?"
)
_WHY = re.compile(r"(?:^|[,，])为(?:了)?(?P<why>[\u4e00-\u9fff]{5,24})[,，](?P<what>[\u4e00-\u9fff]{6,28})")
_HOW = re.compile(
    r"(?:^|[,，])(?P<who>[\u4e00-\u9fff]{2,10})?通过(?P<how>[\u4e00-\u9fff“”、]{5,24})[,，](?P<what>[\u4e00-\u9fff]{5,24})"
)


def news_rows(folder: Path, language: Analyzer, random: Random) -> Iterator[dict[str, Any]]:
    """Return news scripts (`*.md` with ### titles, `*.json` with title and content) as rows of a SQuAD file.

    A question must say which thing it means: one of its words stands in few scripts, and it has three.
    """
    scripts = [(title, re.sub(r"\s+", "", text)[:LONGEST_ARTICLE]) for title, text in _scripts(folder)]
    scripts = [(title, text) for title, text in scripts if len(text) >= 80]
    spread = Counter(word for _, text in scripts for word in {token.text for token in language.tokens(text)})
    few = max(3, len(scripts) // 150)
    heads = Counter(word for title, _ in scripts for word in {token.text for token in language.tokens(title)})
    headings = frozenset(word for word, count in heads.items() if count > few)
    for title, text in scripts:
        made = [
            one
            for one in _asked(title, text, headings, language, random)
            if _is_telling(one[0], text, spread, few, language)
        ]
        random.shuffle(made)
        if made:
            qas = [
                {"question": question, "answers": [{"text": text[start:end], "answer_start": start}]}
                for question, start, end in made[:MOST_OF_AN_ARTICLE]
            ]
            yield {"title": title, "paragraphs": [{"context": text, "qas": qas}]}


def _is_telling(question: str, text: str, spread: Counter[str], few: int, language: Analyzer) -> bool:
    words = [t for t in language.tokens(question) if len(t.text) > 1 and t.tag[:1] in "nvj"]
    rare = [t for t in words if spread[t.text] <= few and t.tag[:1] in "nj"]
    return bool(rare) and (len(words) > 2 or question in text)


def _scripts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.json")):
        row = json.loads(path.read_text(encoding="utf-8"))
        yield row["title"], row.get("content", "")
    for path in sorted(folder.glob("*.md")):
        for part in re.split(r"\n#{2,4} ", path.read_text(encoding="utf-8"))[2:]:
            head, _, body = part.partition("\n")
            body = re.sub(r"<[^>]+>|\[[^\]]*\]\([^)]*\)|央视网消息|（新闻联播）：?", "", body)
            yield re.sub(r"^[\d.、\s]+|【[^】]*】", "", head).strip()[:40], body


Made = tuple[str, int, int]


def _asked(
    title: str, text: str, headings: frozenset[str], language: Analyzer, random: Random
) -> Iterator[Made]:
    """Make questions of each sentence; `headings` are words of so many titles that they name nothing: 快讯."""
    before = title
    for sentence in _SENTENCE.finditer(text):
        if 12 <= len(sentence.group()) <= 160:
            at = sentence.start()
            subjects = [
                word
                for word in _subjects(f"{title} {before}", sentence.group(), language)
                if word not in headings
            ]
            for ask in (_of_words, _of_figures, _of_actors, _of_times, _of_places, _of_titles, _of_reasons):
                for question, start, end in ask(sentence.group(), language, random):
                    if subjects and ask is not _of_words and random.random() < 0.4:
                        question = f"{random.choice(subjects)}{' ' if ' ' in question else ''}{question}"
                    elif random.random() < 0.15:
                        question = f"{random.choice(_FILLERS)}{question}"
                    yield question, at + start, at + end
        before = sentence.group()


_FILLERS = ("请问", "我想知道", "目前", "到底", "具体", "请告诉我")


def _subjects(around: str, sentence: str, language: Analyzer) -> list[str]:
    """Names and long nouns of the title and the sentence before that the sentence leaves out: its subject, often."""
    words = language.tokens(around)
    named = [t.text for t in words if t.tag[:2] in NAME_TAGS or (t.tag[:1] == "n" and len(t.text) > 2)]
    return [word for word in dict.fromkeys(named) if len(word) > 1 and word not in sentence]


def _of_figures(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    for match in _FIGURE.finditer(text):
        told, unit = match["number"], match["unit"] or ""
        if unit == "年" and re.fullmatch(r"(?:19|20)\d\d年", told):
            continue
        before = _MARK.split(text[max(0, match.start() - 60) : match.start()])
        subject = before[-1]
        if len(subject) < 4 and len(before) > 1:
            subject = before[-2] + subject
        subject = re.sub(r"(?:近|约|超过?|逾|达到?|最多|最快|不足|第|前)$", "", subject)
        if not 4 <= len(subject) <= 30 or subject[-1].isdecimal():
            continue
        if random.random() < 0.3:
            words = _keywords(subject, language, random)
            if len(words) > 1:
                yield (
                    " ".join([*words, *random.choice(([], [f"多少{unit}"], ["多少"]))]),
                    *match.span("number"),
                )
            continue
        noun = ""
        if unit in _TAKES_A_NOUN and (after := re.match(r"[\u4e00-\u9fff]{2,4}", text[match.end() :])):
            noun = language.tokens(after.group())[0].text
        ask = random.choice((f"多少{unit}", "多少", f"几{unit}" if unit else "多少"))
        if told.endswith("%"):
            ask = random.choice(("多少", "百分之几", "百分之多少"))
        yield f"{subject}{match['led'] or ''}{ask}{noun if len(noun) > 1 else ''}", *match.span("number")


def _keywords(subject: str, language: Analyzer, random: Random) -> list[str]:
    tokens = [t.text for t in language.tokens(subject) if t.tag[:1] in "nvj" and len(t.text) > 1]
    return tokens if len(tokens) <= 4 else sorted(random.sample(tokens, 3), key=tokens.index)


def _of_actors(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    """Who stands at the head of a clause, right before its verb."""
    tokens = language.tokens(text)
    starts = {0, *(m.end() for m in _MARK.finditer(text) if m.group() not in "、“”（）")}
    for at, token in enumerate(tokens):
        if token.start not in starts:
            continue
        end = at
        while end < len(tokens) and tokens[end].tag[:1] in "njb" and end - at < 5:
            end += 1
        if end == at or end >= len(tokens):
            continue
        name = text[token.start : tokens[end].start]
        verb = tokens[end]
        if verb.tag == "d" and end + 1 < len(tokens):
            verb = tokens[end + 1]
        stop = _MARK.search(text, verb.start)
        told = text[verb.start : stop.start() if stop else len(text)]
        if verb.tag != "v" or len(verb.text) < 2 or not 5 <= len(told) <= 24 or len(name) < 2:
            continue
        asked = _asked_of(name, tokens[at:end], random)
        if asked:
            form = random.choice(("{who}{told}", "{told}的是{who}", "{object}是{who}{verb}的", "{who}{told}"))
            rest = told[len(verb.text) :].lstrip("了着过")
            question = form.format(who=asked, told=told, object=rest, verb=verb.text)
            yield question, token.start, token.start + len(name)


def _asked_of(name: str, tokens: tuple[Token, ...] | list[Token], random: Random) -> str:
    if tokens[-1].tag in _PERSONAL:
        return random.choice(("谁", "谁", "哪位")) if len(tokens) == 1 else ""
    for ends, asked in _ASKED_OF:
        if ends.search(name):
            return random.choice(asked)
    for end, ask in _PLACE_OF:
        if name.endswith(end) and tokens[-1].tag == "ns":
            return random.choice((ask, ask, "哪里"))
    return (
        random.choice(("谁", "哪些人"))
        if tokens[-1].tag == "n" and name.endswith(("员", "者", "民", "工", "生", "部", "们"))
        else ""
    )


def _of_words(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    """A name or a run of nouns alone: whoever types it wants the sentences that hold it."""
    tokens = language.tokens(text)
    at = random.randrange(len(tokens))
    run = [
        token
        for token in tokens[at : at + random.choice((1, 2, 2, 3))]
        if token.tag[:1] in "nj" or token.tag == "vn"
    ]
    if run and len(run) == run[-1].start - run[0].start + len(run[-1].text) - sum(
        len(t.text) - 1 for t in run
    ):
        start, end = run[0].start, run[-1].start + len(run[-1].text)
        if end - start > 1 and random.random() < 0.3:
            yield text[start:end], start, end


def _of_times(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    match = _DATE.match(text)
    if match:
        clause = _MARK.split(text[match.end() :].lstrip("，,"))[0]
        if 6 <= len(clause) <= 30:
            ask = (
                random.choice(("什么时候", "哪天", "何时", "几月几日"))
                if "日" in match.group()
                else random.choice(("什么时候", "何时"))
            )
            yield (
                random.choice((f"{ask}{clause}", f"{clause}是{ask}", f"{clause}是什么时候的事")),
                *match.span(),
            )


def _of_places(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    for match in _WHERE.finditer(text):
        yield (
            f"{match['before']}在{random.choice(('哪里', '哪儿', '什么地方'))}{match['verb']}",
            *match.span("place"),
        )


def _of_titles(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    for match in _QUOTED.finditer(text):
        noun = match["noun"] or (
            "文件" if match["title"][0] == "《" and match["before"][-1] in "布了台" else ""
        )
        if noun:
            yield (
                f"{match['before']}{random.choice(('什么', '了什么', '哪个'))}{noun}",
                match.start("title") + 1,
                match.end("title") - 1,
            )


def _of_reasons(text: str, language: Analyzer, random: Random) -> Iterator[Made]:
    for match in _WHY.finditer(text):
        yield (
            random.choice((f"为什么{match['what']}", f"{match['what']}是为了什么", f"为何{match['what']}")),
            *match.span("why"),
        )
    for match in _HOW.finditer(text):
        who = match["who"] or ""
        yield (
            random.choice(
                (f"{who}怎么{match['what']}", f"{who}如何{match['what']}", f"{who}怎样{match['what']}")
            ),
            *match.span("how"),
        )
