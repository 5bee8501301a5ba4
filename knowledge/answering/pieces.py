"""The reader's pieces: XLM-R's unigram segmentation over a vocabulary cut to Chinese news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

_SPACE = "▁"
_LONGEST = 12
"""Characters of the longest piece looked up: Chinese pieces have at most 8, figures and Latin words fewer than 12."""
_UNKNOWN_COST = 10.0
"""How much worse than the worst piece an unknown character is; SentencePiece's own constant."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece and where it stands in the text, `text[start:end]`."""

    id: int
    start: int
    end: int


class PieceVocabulary:
    """Cuts text into the likeliest pieces (Kudo 2018, unigram language model), with the place of each.

    `folds` replaces single characters before the lookup: SentencePiece's own (full-width to half-width …) and
    traditional ones by simplified ones. Ids 0 to 3 are begin, padding, end and unknown. `longest` is that of the
    pieces looked up, in characters.
    """

    BEGIN, PADDING, END, UNKNOWN = 0, 1, 2, 3

    def __init__(
        self, pieces: list[tuple[str, float]], folds: dict[str, str], longest: int = _LONGEST
    ) -> None:
        self.pieces = pieces
        self.folds = folds
        self._longest = longest
        self._known = {piece: (number, score) for number, (piece, score) in enumerate(pieces) if number > 3}
        self._unknown_score = min(score for _, score in pieces) - _UNKNOWN_COST

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `written` wrote; raises ValueError naming the line that is no piece."""
        head, _, body = data.decode("utf-8").partition("\n\n")
        folds: dict[str, str] = {}
        for line in filter(None, head.split("\n")):
            one, _, others = line.partition(" ")
            folds[chr(int(one, 16))] = "".join(chr(int(other, 16)) for other in others.split())
        pieces: list[tuple[str, float]] = []
        for number, line in enumerate(body.rstrip("\n").split("\n")):
            piece, tab, score = line.partition("\t")
            if not tab:
                raise ValueError(f"pieces: line {number} of the pieces has no score: {line!r}")
            pieces.append((piece, float(score)))
        return cls(pieces, folds)

    def written(self) -> bytes:
        """Return the file: folds as code points, an empty line, then a piece and its score a line, by id."""
        folds = "".join(
            " ".join(f"{ord(character):x}" for character in one + other) + "\n"
            for one, other in sorted(self.folds.items())
        )
        pieces = "".join(f"{piece}\t{score:.4f}\n" for piece, score in self.pieces)
        return f"{folds}\n{pieces}".encode()

    def folded(self, text: str) -> str:
        """Return the text as pieces see it, in lower case: for comparing, not for places."""
        return "".join(self.folds.get(character, character) for character in text).lower()

    def cut(self, text: str) -> list[Piece]:
        """Return the pieces in order; the space that begins every text stands on its first character."""
        characters, places = [_SPACE], [0]
        for place, character in enumerate(text):
            for folded in self.folds.get(character, character):
                if folded.isspace():
                    if characters[-1] != _SPACE:
                        characters.append(_SPACE)
                        places.append(place)
                    continue
                characters.append(folded)
                places.append(place)
        line = "".join(characters)
        size = len(line)
        best = [0.0] + [-1e30] * size
        back = [(0, self.UNKNOWN)] * (size + 1)
        known, unknown, longest = self._known, self._unknown_score, self._longest
        for begin in range(size):
            so_far = best[begin]
            if so_far + unknown > best[begin + 1]:
                best[begin + 1], back[begin + 1] = so_far + unknown, (begin, self.UNKNOWN)
            for end in range(begin + 1, min(size, begin + longest) + 1):
                found = known.get(line[begin:end])
                if found is not None and so_far + found[1] > best[end]:
                    best[end], back[end] = so_far + found[1], (begin, found[0])
        pieces: list[Piece] = []
        end = size
        while end:
            begin, number = back[end]
            start = places[begin + 1] if line[begin] == _SPACE and end - begin > 1 else places[begin]
            pieces.append(Piece(number, start, min(places[end - 1] + 1, len(text))))
            end = begin
        pieces.reverse()
        return pieces
