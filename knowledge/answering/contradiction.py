"""What a query names and a text does not, while the text names another of the kind: 闵行区 and 崇明区, 2022年 and 2021年."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.answering.noun_runs import is_common
from knowledge.query.analysis import Query
from knowledge.text.analyzer import Analyzer, Token
from knowledge.text.numbers import QuantityKind, quantities

_KINDS = "区县镇乡村省市州"


def contradicts(query: Query, text: str, language: Analyzer) -> bool:
    """Tell whether the query names a place, year or ordinal that is not in `text`, where others are."""
    here = language.fold(text)
    return (
        _elsewhere(query, here, language) or _in_another_year(query, here) or _another_in_order(query, here)
    )


def _elsewhere(query: Query, here: str, language: Analyzer) -> bool:
    named = [p for p in _places(query.words, query.text) if p[0] not in here]
    if not named:
        return False
    kinds = {kind for _, kind in _places(language.tokens(here), here)}
    return any(kind in kinds for _, kind in named)


def _places(tokens: Sequence[Token], text: str) -> list[tuple[str, str]]:
    """The named places as (name without its kind, kind): (闵行, 区)."""
    found: list[tuple[str, str]] = []
    for token in tokens:
        if token.tag[:1] != "n" or len(token.text) < 2 or is_common(token.text):
            continue
        after = text[token.start + len(token.text) :][:1]
        if token.text[-1] in _KINDS and len(token.text) > 2:
            found.append((token.text[:-1], token.text[-1]))
        elif after and after in _KINDS:
            found.append((token.text, after))
    return found


def _in_another_year(query: Query, here: str) -> bool:
    asked = {key for key in query.number_keys if key.endswith("年")}
    if not asked:
        return False
    printed = {key for figure in quantities(here) for key in figure.keys if key.endswith("年")}
    return bool(printed) and not asked & printed


def _another_in_order(query: Query, here: str) -> bool:
    """第三批 is asked for, and the text tells of 第一批 and 第二批."""
    asked = [f for f in query.quantities if f.kind is QuantityKind.ORDINAL]
    if not asked:
        return False
    printed = [f for f in quantities(here) if f.kind is QuantityKind.ORDINAL]
    units = {f.unit for f in printed}
    values = {(f.unit, f.value) for f in printed}
    return any(f.unit in units and (f.unit, f.value) not in values for f in asked)
