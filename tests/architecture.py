"""The tables of ARCHITECTURE.md, drawn from the modules' own docstrings: `python -m tests.architecture` redraws them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
TABLE = re.compile(r"(<!-- (rooms|way)(.*?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def redrawn(text: str) -> str:
    """ARCHITECTURE's text with every table as the docstrings have it today; a way keeps its files and their order."""
    return TABLE.sub(lambda table: f"{table[1]}{_table(table[2], table[3], table[4])}{table[5]}", text)


def way(text: str) -> list[str]:
    """The files of the way of a message, in their order."""
    (table,) = [match for match in TABLE.finditer(text) if match[2] == "way"]
    return re.findall(r"`([\w/]+\.py)`", table[4])


def subject(path: Path) -> str:
    """What a module, or a package, says that it is about: the first paragraph of its docstring, in one line."""
    source = (path / "__init__.py" if path.is_dir() else path).read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(source)) or "").split("\n\n")[0]
    return " ".join(first.split()).rstrip(".").replace("|", "\\|")


def _table(kind: str, top: str, drawn: str) -> str:
    if kind == "rooms":
        rows = [f"| `{name}` | {subject(ROOT / name)} |" for name in rooms(top.strip())]
        return "\n".join(["| room | subject |", "|---|---|", *rows, ""])
    files = re.findall(r"`([\w/]+\.py)`", drawn)
    rows = [f"| {n} | `{name}` | {subject(ROOT / name)} |" for n, name in enumerate(files, 1)]
    return "\n".join(["| | file | subject |", "|---|---|---|", *rows, ""])


def rooms(top: str) -> Iterator[str]:
    """Every package below a folder, and every module beside them that has something to say."""
    for path in sorted((ROOT / top).iterdir(), key=lambda path: (path.is_file(), path.name)):
        if (path / "__init__.py").exists():
            yield f"{top}/{path.name}/"
            if top == "bot" and path.name == "platforms":
                yield from rooms_below(path)
        elif path.suffix == ".py" and subject(path) and not path.name.startswith("__"):
            yield f"{top}/{path.name}"


def rooms_below(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if (path / "__init__.py").exists():
            yield f"{path.relative_to(ROOT).as_posix()}/"


if __name__ == "__main__":
    ARCHITECTURE.write_text(redrawn(ARCHITECTURE.read_text(encoding="utf-8")), encoding="utf-8")
