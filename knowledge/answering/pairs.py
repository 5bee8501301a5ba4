"""One question and one window as the reader's network sees them."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.answering.pieces import Piece, PieceVocabulary
from knowledge.answering.reader import Window

MOST_QUESTION_PIECES = 48
MOST_TITLE_PIECES = 14
MOST_PIECES = 128
"""The longest pair: a sentence that does not fit is cut."""
FILLED_PIECES = 96
"""Neighbours fill a pair up to here: context is worth less than the milliseconds beyond."""

QUESTION, TITLE, NEIGHBOUR, SENTENCE = range(4)
SEGMENTS = 4
(
    NO_TEXT,
    IN_SENTENCE,
    IN_CONTEXT,
    NOWHERE,
    HALF_IN_SENTENCE,
    IN_QUESTION,
    HALF_IN_QUESTION,
    NOT_IN_QUESTION,
) = range(8)
MATCHES = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """Piece ids with their segment and word match, and the places of the question's and the sentence's pieces.

    `question` and `sentence` are (position in the pair, start, end): characters of the question and of the
    window's sentence.
    """

    ids: list[int]
    segments: list[int]
    matches: list[int]
    question: list[tuple[int, int, int]]
    sentence: list[tuple[int, int, int]]


class PairEncoder:
    """Lays question, title, neighbours and sentence out in one row of pieces."""

    def __init__(self, vocabulary: PieceVocabulary) -> None:
        self.vocabulary = vocabulary

    def encode(
        self,
        question: str,
        window: Window,
        *,
        most: int = MOST_PIECES,
        filled: int = FILLED_PIECES,
        skip: int = 0,
    ) -> Pair:
        """Return the pair: begin, question, end, title, before, sentence, after, end.

        `skip` leaves out that many of the sentence's first pieces where the sentence does not fit (training shows
        the reader the part that answers).
        """
        cut, folded, ids = self.vocabulary.cut, self.vocabulary.folded, PieceVocabulary
        asked = cut(question)[:MOST_QUESTION_PIECES]
        title = cut(window.title)[:MOST_TITLE_PIECES] if window.title else []
        sentence = cut(window.sentence)
        room = most - len(asked) - len(title) - 4
        if len(sentence) > room:
            skip = min(skip, len(sentence) - room)
            sentence = sentence[skip : skip + room]
        before = cut(window.before) if window.before else []
        after = cut(window.after) if window.after else []
        spare = max(0, min(filled, most) - len(asked) - len(title) - len(sentence) - 4)
        kept_before = min(len(before), max(spare // 2, spare - len(after)))
        before = before[len(before) - kept_before :]
        after = after[: spare - kept_before]

        in_sentence = folded(window.sentence)
        in_context = "\n".join(folded(text) for text in (window.title, window.before, window.after))
        in_question = folded(question)
        pair = Pair([ids.BEGIN], [QUESTION], [NO_TEXT], [], [])
        for piece in asked:
            word = folded(question[piece.start : piece.end]).strip()
            pair.question.append((len(pair.ids), piece.start, piece.end))
            self._put(pair, piece, QUESTION, _question_match(word, in_sentence, in_context))
        for segment in (QUESTION, TITLE):
            self._put(pair, Piece(ids.END, 0, 0), segment, NO_TEXT)
        parts = ((title, window.title, TITLE), (before, window.before, NEIGHBOUR))
        for pieces, text, segment in (
            *parts,
            (sentence, window.sentence, SENTENCE),
            (after, window.after, NEIGHBOUR),
        ):
            for piece in pieces:
                word = folded(text[piece.start : piece.end]).strip()
                if segment == SENTENCE:
                    pair.sentence.append((len(pair.ids), piece.start, piece.end))
                self._put(pair, piece, segment, _window_match(word, in_question))
        self._put(pair, Piece(ids.END, 0, 0), TITLE, NO_TEXT)
        return pair

    @staticmethod
    def _put(pair: Pair, piece: Piece, segment: int, match: int) -> None:
        pair.ids.append(piece.id)
        pair.segments.append(segment)
        pair.matches.append(match)


def _question_match(word: str, in_sentence: str, in_context: str) -> int:
    if not word:
        return NO_TEXT
    if word in in_sentence:
        return IN_SENTENCE
    if word in in_context:
        return IN_CONTEXT
    halves = sum(character in in_sentence for character in word) * 2
    return HALF_IN_SENTENCE if halves >= len(word) else NOWHERE


def _window_match(word: str, in_question: str) -> int:
    if not word:
        return NO_TEXT
    if word in in_question:
        return IN_QUESTION
    return HALF_IN_QUESTION if any(character in in_question for character in word) else NOT_IN_QUESTION
