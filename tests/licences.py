"""`python -m tests.licences`: the licence of everything that is installed to run, as its own metadata states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, distribution, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"
HEAD = """# Licences

What is installed to run the bot (`requirements.txt`), with the licence that each states of itself. Made by
`make licences`; a test keeps it up to date.

| package | version | licence |
|---|---|---|
"""


def packages(requirements: Path) -> Iterator[tuple[str, str]]:
    """Name and pinned version of every package in a locked file."""
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", line):
            yield found[1], found[2]


def licence(told: PackageMetadata) -> str:
    """The licence in one line: the expression, else the classifiers, else the free text's first line, else its file."""
    if expression := (told.get_all("License-Expression") or [""])[0]:
        return str(expression)
    classes = [one.split("::") for one in told.get_all("Classifier") or [] if one.startswith("License ::")]
    named = [name for *_, last in classes if (name := last.strip()) != "OSI Approved"]
    text = (told.get_all("License") or [""])[0].strip().partition("\n")[0][:60].strip()
    return ", ".join(named) or text or _of_file(told["Name"]) or "unstated"


def _of_file(package: str) -> str | None:
    """What the licence file that comes with a package begins to say, where that is MIT's."""
    for path in distribution(package).files or ():
        if "LICEN" in path.name.upper() and ".dist-info" in str(path):
            words = " ".join(path.read_text(encoding="utf-8").split())
            if MIT in words:
                return "MIT"
    return None


def table() -> str:
    """The whole document."""
    locked = packages(ROOT / "requirements.txt")
    return HEAD + "".join(f"| {name} | {version} | {licence(metadata(name))} |\n" for name, version in locked)


if __name__ == "__main__":
    (ROOT / "docs" / "licences.md").write_text(table(), encoding="utf-8")
