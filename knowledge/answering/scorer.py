"""The learned numbers of answering, and the scorer of short answers that they drive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.answering.alignment import Doubts
from knowledge.answering.features import WIDTH
from knowledge.query.question import FEW_WORDS, QuestionType

Array = npt.NDArray[np.float64]
AT_ONCE = 16
"""Rows; OpenBLAS goes parallel from 2¹⁸ products on."""


@dataclass(frozen=True)
class Net:
    """Two layers: rows of features to one score each; the scores of one fact compare by softmax."""

    inner: Array
    inner_bias: Array
    outer: Array

    def scores(self, rows: Array) -> Array:
        """Return one score a row; a few rows at a time, so that no BLAS thread is woken for so little."""
        found = np.empty(len(rows))
        for first in range(0, len(rows), AT_ONCE):
            inner = rows[first : first + AT_ONCE] @ self.inner + self.inner_bias
            found[first : first + AT_ONCE] = np.maximum(inner, 0.0) @ self.outer
        return found


@dataclass(frozen=True)
class Logistic:
    """A probability as a weighed sum of named evidence."""

    weights: dict[str, float]
    bias: float

    def of(self, evidence: dict[str, float]) -> float:
        """Return the probability, 0 to 1."""
        logit = self.bias + sum(weight * evidence.get(name, 0.0) for name, weight in self.weights.items())
        return float(1 / (1 + np.exp(-min(30.0, max(-30.0, logit)))))


@dataclass(frozen=True)
class Decisions:
    """How evidence is weighed: what ranks the first few facts, what claims, what may be said, and from which chances.

    `found` decides for each group of questions (`question_group`); `borne_out` makes a chance of what it tells, from
    its logit `told` (Platt 1999), so that of what is told as likely as p a share p is right.
    """

    order: dict[str, float]
    found: dict[str, Logistic]
    said: Logistic
    found_from: float
    said_from: float
    borne_out: dict[str, Logistic]

    def chance(self, group: str, evidence: dict[str, float], beside: float | None = None) -> float:
        """Return the probability that a claim for a group of questions is right; `beside` is what another judge says.

        Two judges count alike: what they weigh differs, and so do the texts on which each is wrong.
        """
        told = self.told(group, evidence, beside)
        return self.borne_out[group].of({"told": logit(told)})

    def told(self, group: str, evidence: dict[str, float], beside: float | None = None) -> float:
        """Return the probability before it is held against what was borne out."""
        mine = self.found[group].of(evidence)
        return mine if beside is None else (mine + beside) / 2


def logit(chance: float) -> float:
    """Return log odds, of chances between .0001 and .9999."""
    inside = min(1 - 1e-4, max(1e-4, chance))
    return float(np.log(inside / (1 - inside)))


@dataclass(frozen=True)
class AnswerModel:
    """What `make models` learns for answering: doubts of words, the scorer, the decisions with and without a reader."""

    doubts: Doubts
    net: Net
    alone: Decisions
    with_reader: Decisions


def question_group(kind: QuestionType) -> str:
    """Return which decision a kind of question has: few words answer it, it is told, or its words are to be there."""
    return (
        "words"
        if kind in (QuestionType.NONE, QuestionType.FIGURE)
        else "few"
        if kind in FEW_WORDS
        else "told"
    )


def read_answer_model(path: Path) -> AnswerModel:
    """Read a model file."""
    row = json.loads(path.read_text(encoding="utf-8"))
    net = row["net"]
    inner = np.array(net["inner"], dtype=np.float64).reshape(WIDTH, -1)
    return AnswerModel(
        Doubts(**row["doubts"]),
        Net(inner, np.array(net["inner_bias"]), np.array(net["outer"])),
        _decisions(row["alone"]),
        _decisions(row["with_reader"]),
    )


def _decisions(row: dict[str, Any]) -> Decisions:
    found = {group: Logistic(**one) for group, one in row["found"].items()}
    borne_out = {group: Logistic(**one) for group, one in row["borne_out"].items()}
    said = Logistic(**row["said"])
    return Decisions(row["order"], found, said, row["found_from"], row["said_from"], borne_out)


def softmax(scores: Array) -> Array:
    """Return shares that sum to one."""
    mass = np.exp(scores - scores.max()) if len(scores) else scores
    found: Array = mass / mass.sum() if len(scores) else mass
    return found
