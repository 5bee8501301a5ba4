"""Make `knowledge/models/answers.json`: doubts of words, the scorer of short answers, the decisions.

    make models ARGS="answers SQUAD.json … NEWS_FOLDER … --decide SQUAD.json … NEWS_FOLDER … --opposites FILE … --synonyms FILE …"

Each data set is SQuAD-style JSON or a folder of news scripts (`question_sets`). Near misses are generated: one word of a
question becomes another of its kind, which neither it nor the window holds, or which the sentence says of something else
(`near_misses`). The decisions are fitted twice, with the neural reader and without, on `--decide`: texts that the reader
was not trained on, and on `--apart`: sets that it was, of which only the passages are asked about that were kept from it.
Thresholds and the figures printed are of articles that the fit had not seen, a quarter at a time.
The same files make the same bytes.

A short answer is said in large type from the chance on at which 95 of 100 are right, on questions made of news. What people
ask of an encyclopedia is no measure: of 16 short answers that were not the expected ones ten were right all the same
(1906年 for 1906年考入天津北洋高等巡警学堂), so a threshold fitted on them would say next to nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from knowledge.answering.scorer import AnswerModel, Decisions, Logistic, read_answer_model
from knowledge.models.reader import open_reader
from knowledge.search.ask import Answering
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.training.decisions import (
    Judged,
    PatientReader,
    asked_of_search,
    decide,
    judged_by,
    with_articles_removed,
)
from knowledge.training.fitting import KEPT_BACK, fit_doubts, fit_net, hollow_words
from knowledge.training.near_misses import Changer, opposite_characters, read_opposites
from knowledge.training.question_sets import load

OUTPUT = Path(__file__).parents[1] / "models" / "answers.json"
NEVER_SURE = 2.0
"""A threshold that no chance reaches, so that all that may be read is read."""
_NOTHING = Logistic({}, 0.0)
DRAFT = Decisions(
    {"score": 1.0, "doubts": -1.0, "few_share": 2.0},
    dict.fromkeys(("few", "told", "words"), _NOTHING),
    _NOTHING,
    NEVER_SURE,
    NEVER_SURE,
    dict.fromkeys(("few", "told", "words"), Logistic({"told": 1.0}, 0.0)),
)


def main(arguments: Sequence[str]) -> None:
    """Fit everything and write the model file."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.training answers")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--decide", nargs="+", type=Path, required=True)
    parser.add_argument("--apart", nargs="*", type=Path, default=[])
    parser.add_argument("--opposites", nargs="*", type=Path, default=[])
    parser.add_argument("--synonyms", nargs="*", type=Path, default=[])
    parser.add_argument("--most", type=int, default=6500, help="questions of each set")
    parser.add_argument("--decided", type=int, default=1200, help="questions of each set of --decide")
    parser.add_argument(
        "--net", type=Path, help="take doubts and scorer from this model file, fit the decisions only"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="with --net: keep the decisions' weights, fit only what makes chances",
    )
    parser.add_argument(
        "--said",
        action="store_true",
        help="with --net: keep all but the chance from which on a short answer is said",
    )
    parser.add_argument(
        "--hollow", action="store_true", help="with --net: keep all but the words that answers do without"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    if not any(path.is_dir() for path in options.decide):
        parser.error("no folder of news scripts in --decide: thresholds are set on news")
    if (reader := open_reader()) is None:
        parser.error("no reader: pip install 'chuchu[reader]'")
    language = ChineseAnalyzer()
    opposites = read_opposites(options.opposites)
    learnt = [load(path) for path in options.sets]
    base = read_answer_model(options.net) if options.net else None
    if base and options.hollow:
        hollow = hollow_words(learnt, language)
        write_model(replace(base, doubts=replace(base.doubts, hollow=hollow)), options.output)
        return
    decided = [with_articles_removed(path) for path in (*options.decide, *options.apart)]
    changer = Changer(
        (
            fact.text
            for one in (*learnt, *decided)
            for parsed in one.articles.values()
            for fact in parsed.facts
        ),
        opposites,
        language,
    )
    if base:
        doubts, net = base.doubts, base.net
    else:
        doubts = fit_doubts(
            learnt, changer, opposite_characters(opposites, options.synonyms), options.most, language
        )
        net = fit_net(learnt, doubts, options.most, language)
    model = AnswerModel(doubts, net, DRAFT, DRAFT)
    answering = Answering(model, PatientReader(reader))
    outcomes = [
        outcome
        for at, one in enumerate(decided)
        for outcome in asked_of_search(
            one, changer, answering, options.decided, language, apart=at >= len(options.decide)
        )
    ]
    if base:
        print("with_reader, as it was before:")
        print_outcomes(base.with_reader, judged_by(outcomes, base.with_reader, base.alone))
    if base and options.said:
        alone = with_said_from(base.alone, judged_by([one.by_words for one in outcomes], base.alone))
        judged = judged_by(outcomes, base.with_reader, base.alone)
        with_reader = with_said_from(base.with_reader, judged)
        print_outcomes(with_reader, judged)
        write_model(replace(base, alone=alone, with_reader=with_reader), options.output)
        return
    kept = base if base and options.keep else None
    alone, judged = decide([outcome.by_words for outcome in outcomes], kept=kept.alone if kept else None)
    print("alone:")
    print_outcomes(alone, judged)
    with_reader, judged = decide(outcomes, alone, kept.with_reader if kept else None)
    print("with_reader:")
    print_outcomes(with_reader, judged)
    if not kept:
        alone = with_said_from(alone, judged_by([outcome.by_words for outcome in outcomes], alone))
        with_reader = with_said_from(with_reader, judged_by(outcomes, with_reader, alone))
    model = replace(model, alone=alone, with_reader=with_reader)
    write_model(model, options.output)


def print_outcomes(decisions: Decisions, judged: Sequence[Judged]) -> None:
    """Print what the parts kept back show: claims, refusals, reliability in ten bins."""
    for made, of in ((True, "news"), (False, "encyclopedia")):
        asked = [one for one in judged if one.outcome.case.generated is made]
        claims = [one for one in asked if one.found >= decisions.found_from]
        for sort in ("there", "near", "crossed", "removed"):
            count = sum(one.outcome.case.sort == sort for one in asked)
            print(
                f"  {of}, {sort}: {count} asked, {sum(o.outcome.case.sort == sort for o in claims)} claimed"
            )
        there = [one for one in claims if one.outcome.case.sort == "there"]
        said = said_by(asked, decisions)
        right, told = sum(one.first.right for one in there), sum(one.first.said_right for one in said)
        amiss = sum(one.outcome.case.sort != "there" for one in said)
        print(
            f"  {of}, there: {right} of {len(there)} claims right; {told} of {len(said)} short answers said right"
            f", {amiss} said to what must be refused"
        )
    print(f"  found from {decisions.found_from}, said from {decisions.said_from}")
    for low in range(10):
        inside = [one for one in judged if low <= min(9.99, 10 * one.found) < low + 1]
        if inside:
            mean, share = np.mean([one.found for one in inside]), np.mean([one.first.right for one in inside])
            print(f"  confidence {low / 10:.1f}: {len(inside):5} answers, mean {mean:.3f}, right {share:.3f}")


def write_model(model: AnswerModel, path: Path) -> None:
    """Write a model file."""
    net = model.net
    row = {
        "doubts": asdict(model.doubts),
        "net": {
            "inner": [round(float(x), 4) for x in net.inner.ravel()],
            "inner_bias": [round(float(x), 4) for x in net.inner_bias],
            "outer": [round(float(x), 4) for x in net.outer],
        },
        "alone": asdict(model.alone),
        "with_reader": asdict(model.with_reader),
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


RIGHT_AT_LEAST = 0.95
"""Share of right ones among the short answers said, near misses and questions of removed articles among the asked."""


def with_said_from(decisions: Decisions, judged: Sequence[Judged]) -> Decisions:
    """Return the decisions with the chance from which on short answers are said; print how it does where it was not fitted.

    It is the mean of what each three quarters of the articles set (bagging, Breiman 1996): a quarter moves it by .2.
    """
    quarters: list[list[Judged]] = [[] for _ in range(KEPT_BACK)]
    for one in filter(_is_made, judged):
        quarters[one.outcome.case.asked.article % KEPT_BACK].append(one)
    least, told = [], []
    for part, kept_back in enumerate(quarters):
        others = [one for at, quarter in enumerate(quarters) if at != part for one in quarter]
        least.append(_least(others, decisions))
        told += said_by(kept_back, replace(decisions, said_from=least[-1]))
    found = replace(decisions, said_from=round(sum(least) / KEPT_BACK, 4))
    right = sum(one.first.said_right for one in told)
    print(
        f"  said from {found.said_from}, of {least}: {right} of {len(told)} right, each quarter by the other three"
    )
    return found


def said_by(judged: Sequence[Judged], decisions: Decisions) -> list[Judged]:
    """Return what is claimed with a short answer in large type."""
    return [one for one in judged if (chance := _chance(one, decisions)) and chance >= decisions.said_from]


def _chance(one: Judged, decisions: Decisions) -> float | None:
    """How sure the short answer is, None where none may be said."""
    read = one.first
    if one.found < decisions.found_from or read.barred or not read.may_be_said:
        return None
    return decisions.said.of(read.evidence | {"found": one.found})


def _is_made(one: Judged) -> bool:
    """Whether a question was made of news; one with a word of another clause often means the same (农村 for 乡村)."""
    return one.outcome.case.generated and one.outcome.case.sort != "crossed"


def _least(judged: Sequence[Judged], decisions: Decisions) -> float:
    """The least chance from which on enough of what is said is right: what is said to a near miss is wrong."""
    chances = ((_chance(one, decisions), one.first.said_right) for one in judged)
    said = sorted(((chance, right) for chance, right in chances if chance is not None), reverse=True)
    best, errors = 1.0, 0
    for count, (chance, right) in enumerate(said, 1):
        errors += not right
        if errors <= (1 - RIGHT_AT_LEAST) * count:
            best = chance
    return round(best, 4)
