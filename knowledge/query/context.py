"""What a follow-up leaves out, taken from the question before it: 那第二批呢？ after 第一批主题教育查出多少问题.

No list of questions: the new question is read as any other, and what it lacks (a subject, a predicate, question
words) is put in from the one before, at the place where something of its kind stands there. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from knowledge.query.analysis import Analyse, Query
from knowledge.query.question import NUMBERS, QuestionType
from knowledge.text.analyzer import NAME_TAGS, STOP_WORDS, Analyzer, Token
from knowledge.text.periods import periods


class Leaning(Enum):
    """How a question depends on the one before it.

    MARKED: it says so (那…呢, 其中, 他). BARE: it lacks a subject. OPEN: it names nothing. Of these what the articles
    hold decides. MORE asks for further answers to the same; ARTICLE asks of the article that answered.
    """

    NONE = "none"
    MARKED = "marked"
    BARE = "bare"
    OPEN = "open"
    MORE = "more"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question was taken for after another one, and why.

    `others` is what else it may mean, the likeliest first, `own` what it asks itself, where it does. What is not `sure`
    has put words in a place that has nothing of their kind.
    """

    text: str
    leaning: Leaning
    others: tuple[str, ...] = ()
    own: str = ""
    sure: bool = True


_MORE = re.compile(
    r"(?:那|那么)?(?:(?:还有|别的|其[他它]|另外|更多)(?:的|哪些|什么|吗|没有|别的|其[他它]|内容|说法)*|继续|接着说)"
)
_ARTICLE = re.compile(r"(?:这篇|那篇|该|此|同一篇)(?:文章|报道|新闻|稿件?|文)(?:里面?|中)?|文[中里](?=[^:])")
_ENDS = re.compile(r"[?？!！。,，、;；:\s呢吧啊呀嘛]+$")
_THEN = re.compile(r"^(?:那么|那|还有|至于|而)(?=.)")
_WITHIN = re.compile(r"^(?:这|那)?其中(?:的)?[,，]?")
_PERSONS = frozenset("他 她 它 他们 她们 它们 其 前者 后者 该".split())  # noqa: SIM905
_PLACES = frozenset("这里 那里 这儿 那儿 当地 该地 本地".split())  # noqa: SIM905
_NAMES = (*NAME_TAGS, "eng")
_ADVERBIAL = frozenset({QuestionType.WHY, QuestionType.TIME, QuestionType.HOW})
"""Kinds whose words stand before a verb: 什么时候通车, 为什么通车."""
_YEAR = re.compile(r"\d{4}年度?|[今本去上前明后]年度?")
_LIKE_ENOUGH = 1.0
"""Likeness from which a part of the last question is what a fragment stands for."""
_LONGEST_FRAGMENT = 16
_LONGEST_PART = 5
_MOST_PLACES = 3


def understand(asked: str, before: str, analyse: Analyse, language: Analyzer) -> Understood:
    """Return what `asked` means after `before`, a question that stands on its own."""
    now, last = analyse(asked), analyse(before)
    alone = Understood(asked, Leaning.NONE)
    bare = _ENDS.sub("", now.text)
    if not bare or last.is_empty or now.titles or now.excluded:
        return alone
    if _MORE.fullmatch(bare):
        return Understood(before, Leaning.MORE)
    if match := _ARTICLE.search(bare):
        rest = (bare[: match.start()] + bare[match.end() :]).removeprefix("的")
        return Understood(rest, Leaning.ARTICLE)
    asks = language.fold(asked).rstrip(" ?!。").endswith("呢")
    return _Following(now, last, bare, asks, analyse, language).understood() or alone


class _Following:
    def __init__(
        self, now: Query, last: Query, bare: str, asks: bool, analyse: Analyse, language: Analyzer
    ) -> None:
        self._last, self._language = last, language
        self._tokens = language.tokens(last.text)
        self._bare, self._linked = self._unlinked(bare)
        self._asks = asks
        self._now = analyse(self._bare) if self._linked else now
        self._own = language.tokens(self._bare)

    def _unlinked(self, bare: str) -> tuple[str, bool]:
        """The words after 那; in 那达慕 it is part of a word."""
        match = _THEN.match(bare)
        first = self._language.tokens(bare)[0].text if match else ""
        if match is None or (len(first) > match.end() and self._language.knows(first)):
            return bare, False
        if match.group() == "还有" and self._language.tokens(bare)[1:2] and not self._is_short(bare):
            return bare, False
        return bare[match.end() :], True

    @staticmethod
    def _is_short(bare: str) -> bool:
        return len(bare) <= _LONGEST_PART + 1

    def understood(self) -> Understood | None:
        """What is meant, and what else it may be, or None where the question stands on its own.

        What is meant says of whom: a reading that has lost every name of the last question, and brings none, is none.
        """
        meant = self._meant()
        if meant is None:
            return None
        pronoun = self._pronoun()
        own = self._bare.replace(pronoun.text, "", 1).removeprefix("的") if pronoun else self._bare
        is_open = meant.leaning is Leaning.OPEN
        likely = dict.fromkeys([*([] if is_open else [meant.text]), *self._others(own, meant)])
        texts = [text for text in likely if self._keeps(text) or (is_open and text == meant.text)]
        if is_open:
            return replace(meant, others=tuple(texts), own=own) if len(texts) > 1 else None
        first, *rest = texts or [meant.text]
        return replace(meant, text=first, others=tuple(rest), own=own if self._asks_itself else "")

    def _keeps(self, text: str) -> bool:
        """Whether a reading is of the same name and time as the last question, where the new one has none."""
        if not self._named(self._own) and (names := self._named(self._tokens)):
            return any(name in text for name in names)
        told = () if periods(self._bare) else periods(self._last.text)
        return all(self._last.text[one.start : one.end] in text for one in told)

    def _others(self, own: str, meant: Understood) -> list[str]:
        """What else a question may mean: its own words behind what the last one is about, or behind its names."""
        head, names = map(self._untimed, self._heads())
        subjects = [self._untimed(self._subject(own_noun)) for own_noun in (True, False)]
        if meant.leaning is Leaning.OPEN:
            return [*(about + own for about in subjects), meant.text, head + own, names + own]
        if self._asks_itself:
            return [about + own for about in (*subjects, head, names)]
        if self._named(self._own):
            return []  # the other of its kind takes the place of the first
        asked = self._last.text[slice(*self._asked_at)]
        behind = (f"{about}{own}{asked}" for about in (subjects[0], head, names))
        again = (about + meant.text for about in (head, names) if about not in meant.text)
        return [*again, *meant.others, *behind]

    def _heads(self) -> tuple[str, str]:
        """The first name of the last question with the nouns behind it, less what is measured; its names alone.

        Of one that names nothing, its times.
        """
        words = [t for t in self._tokens if t.start < self._asked_at[0]]
        named = [bool(self._named([t])) for t in words]
        if True not in named:
            told = [self._last.text[one.start : one.end] for one in periods(self._last.text)]
            return "".join(told), ""
        end = start = named.index(True)
        while end < len(words) and (named[end] or words[end].tag[:1] in "nmtqj"):
            end += 1
        last = max(at for at in range(start, end) if named[at] or words[at].tag[:1] == "t")
        end -= end == len(words) > last + 1 and self._measures
        return self._up_to(words[:end]), self._up_to(words[: last + 1])

    def _up_to(self, words: Sequence[Token]) -> str:
        return self._last.text[: words[-1].start + len(words[-1].text)]

    @property
    def _measures(self) -> bool:
        """Whether the last noun before the question words is what is measured: 全长 of 隧道全长多少."""
        asked = self._last.question
        return self._last.type in NUMBERS and not (asked.noun or asked.unit)

    def _untimed(self, text: str) -> str:
        """The text, without its time where the new question has one."""
        for told in reversed(periods(text) if periods(self._bare) else ()):
            text = text[: told.start] + text[told.end :]
        return text

    @property
    def _asks_itself(self) -> bool:
        return self._now.type not in (QuestionType.NONE, QuestionType.FIGURE)

    @staticmethod
    def _named(tokens: Iterable[Token]) -> list[str]:
        """The names among some words; of what is tagged `nz` too much is none, 二氧化碳 and 氨氮."""
        return [
            token.text
            for token in tokens
            if token.tag.startswith(_NAMES) and token.tag != "nz" and len(token.text) > 1
        ]

    def _meant(self) -> Understood | None:
        if not self._asks_itself:
            short = len(self._bare) <= _LONGEST_FRAGMENT
            if short and (self._asks or self._linked) and self._last.type is not QuestionType.NONE:
                return self._replaced(self._bare)
            return None
        if match := _WITHIN.match(self._bare):
            return Understood(f"{self._statement()}其中{self._bare[match.end() :]}", Leaning.MARKED)
        if pronoun := self._pronoun():
            return Understood(self._resolved(pronoun), Leaning.MARKED)
        content = self._content()
        if not content:
            return Understood(self._asked_anew(), Leaning.MARKED)
        named = bool(self._named(content[: len(content) - self._counts(content)]))
        if self._linked and not named:
            deed = any(token.tag[:1] == "v" for token in content) and len(content) > 1
            return Understood(self._completed(content), Leaning.BARE if deed else Leaning.MARKED)
        if named or self._defines(content):
            return None
        if len(content) > 1:
            return None if self._says_of_what() else Understood(self._bare, Leaning.OPEN)
        return Understood(self._completed(content), Leaning.BARE)

    def _content(self) -> list[Token]:
        """The words that say something beside the question words; of what is counted only its name."""
        question = self._now.question
        kept = []
        for token in self._own:
            end = token.start + len(token.text)
            if question.start <= token.start and end <= question.end:
                continue
            light = token.text in STOP_WORDS or token.tag[:1] in "urpcdymqf" or token.tag in ("zg", "x")
            if light or (len(token.text) == 1 and token.tag[:1] == "v"):
                continue
            kept.append(token)
        return kept

    def _counts(self, content: Sequence[Token]) -> bool:
        """Whether the last of some words is what is measured, which is no name: 深度是多少."""
        asked = self._now.question
        return (
            self._now.type in NUMBERS and not (asked.noun or asked.unit) and content[-1].start < asked.start
        )

    def _says_of_what(self) -> bool:
        """Whether the question has the last one's first noun itself."""
        subject = self._subject(own_noun=False)
        nouns = (t.text for t in self._tokens if t.tag[:1] == "n" and len(t.text) > 1 and t.text in subject)
        return next(nouns, "\n") in self._bare

    def _defines(self, content: Sequence[Token]) -> bool:
        """主题教育是什么 asks what a word means."""
        asks_what = self._now.type in (QuestionType.WHAT, QuestionType.COMPARISON)
        return asks_what and content[0].start < self._now.question.start

    # What the last question gives

    @property
    def _asked_at(self) -> tuple[int, int]:
        return self._last.question.start, self._last.question.end

    def _statement(self) -> str:
        """The last question without its question words."""
        start, end = self._asked_at
        return _ENDS.sub("", self._last.text[:start] + self._last.text[end:])

    def _before_words(self) -> list[Token]:
        start, _ = self._asked_at
        asks = self._last.type not in (QuestionType.NONE, QuestionType.YES_NO)
        if not asks:
            return list(self._tokens)
        if start == 0:  # 为什么推进主题教育
            return [t for t in self._tokens if t.start >= self._asked_at[1]]
        cut = [t for t in self._tokens if t.start < start]
        last = cut[-1]
        return [*cut[:-1], Token(last.text[: start - last.start], last.tag, last.start)]

    def _subject(self, own_noun: bool) -> str:
        """What the last question is about; what it measures is left out where the new one names another measure."""
        words = self._before_words()
        question = self._last.text[slice(*self._asked_at)]
        governed = self._last.type in NUMBERS | {QuestionType.LIST, QuestionType.WHAT} and not re.match(
            r"[是有在由从]", question
        )
        measured = own_noun and self._measures
        while words and (
            words[-1].tag[:1] in "updcf"
            or (governed and len(words) > 1 and words[-1].tag == "v")
            or words[-1].text in ("有", "是")
            or (measured and len(words) > 1 and words[-1].tag[:1] in "nv")
        ):
            measured = measured and words[-1].tag[:1] not in "nv"
            words.pop()
        return "".join(token.text for token in words).strip(" 的") or self._statement()

    def _place(self) -> str:
        """The place the last question names last, else its subject without what it measures."""
        start, end = self._asked_at
        outside = [t for t in self._named(self._tokens) if t not in self._last.text[start:end]]
        return outside[-1] if outside else self._subject(own_noun=True)

    # What the new question makes of it

    def _pronoun(self) -> Token | None:
        return next((t for t in self._own if t.text in _PERSONS | _PLACES and t.tag[:1] in "rsnzfd"), None)

    def _resolved(self, pronoun: Token) -> str:
        meant = self._place() if pronoun.text in _PLACES else self._subject(own_noun=False)
        end = pronoun.start + len(pronoun.text)
        return self._bare[: pronoun.start] + meant + self._bare[end:]

    def _asked_anew(self) -> str:
        """Bare question words: in the place of the last ones, or behind the subject where they bring a verb."""
        start, end = self._asked_at
        words = self._bare
        if self._now.type not in _ADVERBIAL:
            brings = re.match(r"(?:一共|总共|都|分别|又)*(?:[是有在由从被]|[^多几哪谁什])", words)
            if brings or self._last.type in _ADVERBIAL:
                return f"{self._carried(words)}{words}"
            return self._last.text[:start] + words + self._last.text[end:]
        rest = self._last.text[end:]
        if self._last.type in _ADVERBIAL and rest.strip():
            return self._last.text[:start] + words + rest
        verbs = [t for t in self._before_words() if t.tag[:1] == "v" and len(t.text) > 1]
        if verbs and verbs[-1].start > 0 and start > 0:
            at = verbs[-1].start
            return self._last.text[:at] + words + self._last.text[at:start] + rest
        return f"{self._statement()}{words}"

    def _carried(self, words: str) -> str:
        """What question words with a verb of their own are about: 都 means the things counted, a figure the deed too."""
        if words.startswith(("都", "分别")) and (noun := self._last.question.noun):
            subject = self._subject(own_noun=False)
            return subject if subject.endswith(noun) else subject + noun
        if self._last.type in _ADVERBIAL and self._now.type in NUMBERS:
            return self._statement()
        return self._subject(own_noun=self._now.type is not QuestionType.COMPARISON)

    def _completed(self, content: Sequence[Token]) -> str:
        """A question without subject behind the last one's subject."""
        nouns = self._counts(content) or any(t.tag[:1] == "n" for t in content)
        verbs = any(t.tag[:1] == "v" for t in content)
        if not nouns and not verbs:  # 哪个街道最多
            start, _ = self._asked_at
            subject = self._last.text[:start] or self._statement()
        else:
            subject = self._subject(nouns)
        for token in content:
            if token.text in subject and token.tag[:1] == "v":
                subject = subject[: subject.index(token.text)] or subject
        return f"{subject}{self._bare}"

    def _replaced(self, fragment: str) -> Understood:
        """那第二批呢: the fragment in the place of what is most like it, else of what is of its kind."""
        text = self._last.text
        if _is_time(fragment):
            return Understood(self._at_time(fragment), Leaning.MARKED)
        fragment = fragment.removesuffix("的") or fragment
        parts = [
            (self._likeness(fragment, first, end), first, end)
            for at in range(len(self._tokens))
            for first, end in self._parts_from(at)
        ]
        parts.sort(key=lambda part: (-part[0], part[2] - part[1], -part[1]))
        kind = self._last_tag(fragment)[:1]
        alike = [part for part in parts if part[0] >= _LIKE_ENOUGH][:1]
        likely = [part for part in parts if self._last_tag(text[part[1] : part[2]])[:1] == kind]
        noun = self._last.question.noun
        at = text.find(noun, self._asked_at[0]) if noun else -1
        counted = [(0.0, at, at + len(noun))] if at >= 0 and not alike else []
        places = (*alike, *counted, *likely[:_MOST_PLACES])
        texts = [text[:first] + fragment + text[end:] for _, first, end in places]
        if not alike and not (texts and kind == "v"):
            texts.insert(len(counted), self._in_front(fragment))
        return Understood(texts[0], Leaning.MARKED, tuple(texts[1:]), sure=bool(alike))

    def _in_front(self, fragment: str) -> str:
        """The last question, of the fragment."""
        text, (start, _) = self._last.text, self._asked_at
        if start == 0:
            return f"{fragment}{text}"
        subject = self._subject(own_noun=False)
        return fragment + text[len(subject) :] if text.startswith(subject) else f"{fragment}{text[start:]}"

    def _at_time(self, fragment: str) -> str:
        """The last question of another time; a year that the new one lacks stays."""
        text = self._last.text
        told = [span for span in periods(text) if not self._asked_at[0] <= span.start < self._asked_at[1]]
        if not told:
            return f"{fragment}{text}"
        asked, printed = periods(fragment)[0].period, told[0].period
        dated = printed.year is not None or printed.relative is not None
        undated = asked.year is None and asked.relative is None
        year = _YEAR.match(text, told[0].start) if dated and undated else None
        return text[: year.end() if year else told[0].start] + fragment + text[told[0].end :]

    def _parts_from(self, at: int) -> list[tuple[int, int]]:
        """The runs of words from a word on that hold no question word."""
        start, end = self._asked_at
        found = []
        first = self._tokens[at].start
        for token in self._tokens[at : at + _LONGEST_PART]:
            stop = token.start + len(token.text)
            if self._last.type is not QuestionType.NONE and token.start < end and stop > start:
                break
            found.append((first, stop))
        return found

    def _likeness(self, fragment: str, first: int, end: int) -> float:
        """How surely a part of the last question is of the fragment's kind: ordinals, names, words of one end."""
        part = self._last.text[first:end]
        tail = _common(fragment[::-1], part[::-1])
        head = _common(fragment, part)
        ordinal = fragment.startswith("第") and part.startswith("第")
        one, other = self._last_tag(fragment), self._last_tag(part)
        names = one.startswith(_NAMES) and other.startswith(_NAMES)
        apart = abs(len(fragment) - len(part))
        return 3.0 * ordinal + tail + 0.5 * head + 2.0 * names + 0.5 * (one == other) - 0.5 * apart - 0.4

    def _last_tag(self, text: str) -> str:
        return self._language.tokens(text)[-1].tag


def _is_time(text: str) -> bool:
    return sum(span.end - span.start for span in periods(text)) == len(text)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
