"""What we install is pinned, hashed, licensed and looked up for known holes; and the table of faults says the truth."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.licences import ROOT, packages, table
from tests.support.dialogues import dialogues

LOCKED = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt")


@pytest.mark.parametrize("name", LOCKED)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / name).read_text(encoding="utf-8").strip())
    wanted = [entry for entry in entries if not entry.startswith("#")]
    assert wanted
    assert [entry for entry in wanted if not re.match(r"\S+==\S+[^#]*--hash=sha256:", entry)] == []


def test_what_is_installed_is_what_is_locked() -> None:
    assert [name for name, locked in packages(ROOT / "requirements.txt") if version(name) != locked] == []


def test_the_licence_of_every_package_is_listed() -> None:
    assert (ROOT / "docs" / "licences.md").read_text(encoding="utf-8") == table(), "run make licences"
    assert "unstated" not in table()


def test_no_package_forbids_what_our_licence_allows() -> None:
    assert re.findall(r"\|[^|]*\| *(?:AGPL|GPL)[^|]*\|", table()) == []


def test_an_audit_that_could_not_look_anything_up_is_a_failure() -> None:
    offline = {"PATH": os.environ["PATH"], "https_proxy": "http://127.0.0.1:9", "HOME": os.devnull}
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    audit = (
        next(line for line in lines if "pip-audit" in line)
        .strip("\t@|\\ ")
        .replace("$(BIN)", shlex.quote(str(Path(sys.executable).parent)))
    )
    words = shlex.split(audit)
    done = subprocess.run(words, cwd=ROOT, env=offline, capture_output=True, check=False, timeout=120)
    assert done.returncode != 0


HERE = Path(__file__).parent
STATES = ("holds", "does not apply", "open")
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in (HERE / "README.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]
TESTS = {
    name
    for path in HERE.parent.rglob("*.py")
    for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
} | {one.name for path in HERE.parent.rglob("dialogues/*.txt") for one in dialogues(path)}


def test_all_92_faults_are_there_in_order() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 93))


def test_each_fault_has_its_state_and_the_named_tests_exist() -> None:
    named = {int(row[0]): set(re.findall(r"`(test_\w+)`", row[3])) for row in ROWS}
    assert [row for row in ROWS if not row[1] or not row[3] or row[2] not in STATES] == []
    assert {number: gone for number, names in named.items() if (gone := names - TESTS)} == {}, "no such tests"
    assert [row for row in ROWS if row[2] == "holds" and not named[int(row[0])]] == [], "hold by no test"
