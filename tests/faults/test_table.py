"""The table of faults says the truth: every number once, every state explained, every named test there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
}


def test_all_92_faults_are_there_in_order() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 93))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_fault_has_its_state_and_the_named_tests_exist(row: list[str]) -> None:
    number, fault, state, by = row
    named = re.findall(r"`(test_\w+)`", by)
    assert fault and by
    assert state in STATES, number
    assert set(named) <= TESTS, f"fault {number} names tests that are not there"
    assert bool(named) or state != "holds", f"fault {number} holds by no test"
