"""Lists of words: other names of the same thing, the program's own and those beside the articles; names that stay whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from knowledge.documents.folder import ALIASES, DICTIONARIES, RESERVED_NAMES
from knowledge.errors import UnreadableFile
from knowledge.model import Skipped
from knowledge.query.aliases import Aliases, AliasProblem, parse_aliases
from knowledge.text.analyzer import Analyzer
from knowledge.text.dictionary import Dictionary, parse_dictionary
from knowledge.text.folding import fold

OWN = "aliases.txt"
LIMIT = 1024 * 1024  # bytes; some 30,000 groups


def copy_aliases(articles: Path, folder: Path) -> tuple[Skipped, ...]:
    """Copy the alias files beside the articles into a snapshot being built; return what is wrong in them."""
    problems: list[Skipped] = []
    known: Aliases | None = None
    for name, text in _copied(ALIASES, articles, folder, problems):
        known = known or _own(fold)
        more, wrong = parse_aliases(text, name, fold, known)
        known = known.joined(more)
        problems += [_told(problem) for problem in wrong]
    return tuple(problems)


def copy_dictionary(articles: Path, folder: Path) -> tuple[Skipped, ...]:
    """Copy the dictionary beside the articles into a snapshot being built; return what is wrong in it."""
    problems: list[Skipped] = []
    for name, text in _copied(DICTIONARIES, articles, folder, problems):
        _, wrong = parse_dictionary(text)
        problems += [
            Skipped(name, f"“{one.text}”：{one.reason}", "改正后重新载入", line=one.line) for one in wrong
        ]
    return tuple(problems)


def _copied(
    names: Iterable[str], articles: Path, folder: Path, problems: list[Skipped]
) -> Iterator[tuple[str, str]]:
    """Copy the lists there are, as text; what cannot be read is added to the problems."""
    from knowledge.documents.text import decode_text  # which a question need not pay

    for name in names:
        if not (articles / name).is_file():
            continue
        try:
            text, _ = decode_text(name, (articles / name).read_bytes()[:LIMIT])
        except UnreadableFile as error:
            problems.append(Skipped(name, error.reason, error.remedy, error.offset))
            continue
        (folder / name).write_text(text, encoding="utf-8")
        yield name, text


def changed_lists(before: Path, after: Path) -> tuple[str, ...]:
    """The names of the lists beside the articles in which two snapshots differ."""
    return tuple(name for name in RESERVED_NAMES if _text(before / name) != _text(after / name))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def read_dictionary(folder: Path) -> Dictionary:
    """Read the dictionary of a snapshot."""
    tags: dict[str, str] = {}
    for name in DICTIONARIES:
        if (folder / name).is_file():
            tags |= parse_dictionary((folder / name).read_text(encoding="utf-8"))[0].tags
    return Dictionary(tags)


def read_aliases(folder: Path, language: Analyzer) -> Aliases:
    """Read the aliases of a snapshot, the program's own first."""
    known = _own(language.fold)
    for name in ALIASES:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            known = known.joined(parse_aliases(text, name, language.fold, known)[0])
    return known


def _own(fold: Callable[[str], str]) -> Aliases:
    text = files("knowledge.query").joinpath(OWN).read_text(encoding="utf-8")
    return parse_aliases(text, OWN, fold)[0]


def _told(problem: AliasProblem) -> Skipped:
    return Skipped(problem.file, f"第 {problem.line} 行“{problem.text}”：{problem.reason}", "改正后重新载入")
