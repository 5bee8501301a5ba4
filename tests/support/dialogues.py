"""Dialogues: who says or presses what, and what comes back, as plain text that reads as a specification.

world: the one that all of the file happens in

@@@ A sentence: the promise.
* something          happens there, or is looked at; what is seen comes back
reader: words        somebody says them
reader [label]       presses the newest button of that label; `[label]…` again and again until there is none
reader <data>        presses a button that carries that, whether or not there is one
= all of it          what comes back, line by line: a notice after ▸; what replies after ↩, what edits after ✎
^ begins so, ~ holds, ! does not hold; - nothing comes back; : the buttons, in rows

`{help}` is a text of ours, `{nothing_found|桥}` with its gap filled, `{en:failed}` in English; what stands in ⟨⟩, the
world knows.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.messages import Reply
from bot.texts import phrases

LINE = re.compile(
    r"(?P<sign>[=^~!:*-])(?: (?P<rest>.*))?$|(?P<who>[a-z0-9 ]+?)(?:: ?(?P<said>.*)| (?P<press>[\[<].*))$"
)
OURS = re.compile(r"\{(?:(\w[\w-]*):)?([a-z_.\[\]]+)((?:\|[^|}]*)*)\}")
HELD: dict[str, Callable[[str, str], bool]] = {
    "^": str.startswith,
    "~": str.__contains__,
    "!": lambda told, words: words not in told,
}


@dataclass(frozen=True)
class Dialogue:
    """A promise, and the lines of the talk that keeps it."""

    world: str
    promise: str
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a test that is a function would be called."""
        return "test_" + re.sub(r"\W+", "_", self.promise.lower().replace("'", "")).strip("_")


def dialogues(path: Path) -> Iterator[Dialogue]:
    head, *parts = path.read_text(encoding="utf-8").split("@@@ ")
    world = head.strip().removeprefix("world: ")
    for part in parts:
        promise, *lines = [line for line in part.split("\n") if line and not line.startswith("# ")]
        yield Dialogue(world, promise, tuple(lines))


def ours(text: str, names: Mapping[str, str]) -> str:
    """A line with our own texts in it, and what the world knows."""

    def put(match: re.Match[str]) -> str:
        said = ("{0." + match[2] + "}").format(phrases(match[1] or "zh"))
        values = [value.partition("=") for value in match[3].split("|")[1:]]
        return said.format(
            *(v for v, equals, _ in values if not equals), **{k: v for k, eq, v in values if eq}
        )

    text = re.sub(r"⟨(\w+)⟩", lambda match: names[match[1]], text)
    return OURS.sub(put, text)


def told(replies: Sequence[Reply]) -> str:
    """What comes back, as a dialogue has it."""
    lines = [
        line
        for one in replies
        for line in (one.notice and f"▸ {one.notice}", one.text and marks(one) + one.text)
        if line
    ]
    return "\n".join(lines)


def marks(reply: Reply) -> str:
    return "↩ " * bool(reply.reply_to) + "✎ " * bool(reply.edits)


@dataclass
class World(ABC):
    """Where dialogues happen: who speaks there, what is shown, and what `do_…` can happen; `last` is what came back."""

    shown: list[Reply] = field(default_factory=list, kw_only=True)
    names: dict[str, str] = field(default_factory=dict, kw_only=True)
    last: str = field(default="", kw_only=True)

    @abstractmethod
    async def say(self, who: str, text: str) -> Sequence[Reply] | str:
        """Let somebody say something; return all that comes back."""

    async def carry(self, who: str, data: str, under: Reply | None) -> Sequence[Reply]:
        """Let somebody press a button that carries something; return all that comes back."""
        raise NotImplementedError

    def look(self, at: str, name: str) -> str | None:
        """What is seen of something there; None where nothing is looked at."""
        return None

    async def press(self, who: str, label: str) -> Sequence[Reply]:
        """Press the newest button of that label."""
        under = next(one for one in reversed(self.shown) if label in labels_of(one))
        (data,) = [button.data for row in under.buttons for button in row if button.label == label]
        return await self.carry(who, data, under)

    async def play(self, line: str) -> Sequence[Reply] | str | None:
        """Do what a line says; return what comes back, or None where it only expects."""
        found = LINE.match(line)
        assert found, f"no line of a dialogue: {line}"
        if found["sign"]:
            if found["sign"] != "*":
                return None
            verb, *words = ours(found["rest"], self.names).split(" ")
            if (seen := self.look(verb, " ".join(words))) is None:
                seen = await getattr(self, f"do_{verb}")(*words)
            assert seen is None or isinstance(seen, str | list | tuple)
            return "" if seen is None else seen
        if (press := found["press"]) is None:
            return await self.say(found["who"], ours(found["said"], self.names))
        if press.startswith("<"):
            return await self.carry(found["who"], ours(press[1:-1], self.names), None)
        label = ours(press.removesuffix("…")[1:-1], self.names)
        before, back = len(self.shown), [*await self.press(found["who"], label)]
        while press.endswith("…") and label in labels_of(back[-1]):
            self.shown += back[-1:]
            back += await self.press(found["who"], label)
        del self.shown[before:]
        return back


def labels_of(reply: Reply) -> list[str]:
    return [button.label for row in reply.buttons for button in row]


def check_whole(world: World, whole: list[str]) -> None:
    assert not whole or world.last == "\n".join(whole), f"{whole}, but {world.last}"
    whole.clear()


async def perform(world: World, lines: Sequence[str]) -> None:
    """Play a dialogue; every expectation is of what came back last."""
    buttons, whole = "", list[str]()
    for line in lines:
        if line[0] != "=":
            check_whole(world, whole)
        back = await world.play(line)
        if back is not None:
            if isinstance(back, str):
                world.last, buttons = back, ""
            else:
                world.shown += back
                world.last = told(back)
                buttons = " / ".join(" ".join(b.label for b in row) for one in back for row in one.buttons)
            continue
        sign, rest = line[0], ours(line[2:], world.names)
        if sign == "=":
            whole.append(rest)
        elif sign == ":":
            assert buttons == rest, f"{line}, but {buttons}"
        elif sign == "-":
            assert not world.last, f"{line}, but {world.last}"
        else:
            assert HELD[sign](world.last, rest), f"{line}, but {world.last}"
    check_whole(world, whole)
