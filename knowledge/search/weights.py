"""Every fitted number of the ranking, and the command that fits it: `python -m tests.bench fit TRIAL.json DEV.json`."""

from __future__ import annotations

import numpy as np

RANKING = {
    "sentence_score": -8.517,
    "passage_score": 3.719,
    "pair_coverage": 6.753,
    "character_coverage": 8.286,
    "passage_pair_coverage": 6.245,
    "passage_character_coverage": 3.546,
    "title_pair_coverage": 7.851,
    "title_character_coverage": 5.439,
    "length": -0.4,
    "answers_type": 1.661,
}


def vector(names: tuple[str, ...]) -> np.ndarray:
    """Return the weights in the order of `names`."""
    return np.array([RANKING[name] for name in names])
