"""Other names of the same thing: the ones that come with the program, and those beside the articles."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from knowledge.documents.decode import decode
from knowledge.documents.walk import RESERVED_NAMES
from knowledge.errors import UnreadableFile
from knowledge.model import Skipped
from knowledge.query.aliases import Aliases, AliasProblem, parse_aliases
from knowledge.text.analyzer import Analyzer
from knowledge.text.folding import fold

OWN = "aliases.txt"
LIMIT = 1024 * 1024  # bytes; some 30,000 groups


def copy_aliases(articles: Path, folder: Path) -> tuple[Skipped, ...]:
    """Copy the alias files beside the articles into a snapshot being built; return what is wrong in them."""
    problems: list[Skipped] = []
    found = [name for name in RESERVED_NAMES if (articles / name).is_file()]
    known = _own(fold) if found else Aliases()
    for name in found:
        try:
            text, _ = decode(name, (articles / name).read_bytes()[:LIMIT])
        except UnreadableFile as error:
            problems.append(Skipped(name, error.reason, error.remedy, error.offset))
            continue
        (folder / name).write_text(text, encoding="utf-8")
        more, wrong = parse_aliases(text, name, fold, known)
        known = known.joined(more)
        problems += [_told(problem) for problem in wrong]
    return tuple(problems)


def read_aliases(folder: Path, language: Analyzer) -> Aliases:
    """Read the aliases of a snapshot, the program's own first."""
    known = _own(language.fold)
    for name in RESERVED_NAMES:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            known = known.joined(parse_aliases(text, name, language.fold, known)[0])
    return known


def _own(fold: Callable[[str], str]) -> Aliases:
    text = files("knowledge.query").joinpath(OWN).read_text(encoding="utf-8")
    return parse_aliases(text, OWN, fold)[0]


def _told(problem: AliasProblem) -> Skipped:
    return Skipped(problem.file, f"第 {problem.line} 行“{problem.text}”：{problem.reason}", "改正后重新载入")
