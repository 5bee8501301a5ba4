"""Questions as people mistype them: one homophone, the other script, pinyin."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
from opencc import OpenCC

from knowledge.text.folding import fold, is_hanzi
from knowledge.text.pinyin import sounds

Variant = Callable[[str], str]


def homophone(common: str, seed: int = 7) -> Variant:
    """Replace one character by another of the same first sound; `common` are the characters people use."""
    readings = sounds().readings
    known = np.unique(np.array([ord(char) for char in common if is_hanzi(char) and ord(char) <= 0xFFFF]))
    random = Random(seed)

    def change(question: str) -> str:
        places = [
            at for at, char in enumerate(question) if is_hanzi(char) and char not in "的是了在哪什么多少几谁"
        ]
        random.shuffle(places)
        for at in places:
            alike = known[readings[known, 0] == readings[ord(fold(question[at])), 0]]
            others = [chr(code) for code in alike.tolist() if chr(code) != question[at]]
            if others:
                return question[:at] + random.choice(others) + question[at + 1 :]
        return question

    return change


def script(config: str) -> Variant:
    """Convert by an OpenCC configuration: s2t, t2s, s2tw."""
    return OpenCC(config).convert


def pinyin_word(seed: int = 7) -> Variant:
    """Write two neighbouring characters in pinyin."""
    syllables, readings, *_ = sounds()
    random = Random(seed)

    def change(question: str) -> str:
        places = [
            at for at in range(len(question) - 1) if is_hanzi(question[at]) and is_hanzi(question[at + 1])
        ]
        if not places:
            return question
        at = random.choice(places)
        spelt = "".join(str(syllables[readings[ord(fold(char)), 0]]) for char in question[at : at + 2])
        return f"{question[:at]} {spelt} {question[at + 2 :]}"

    return change
