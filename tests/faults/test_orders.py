"""Any order of editing, reloading, rolling back, crashing and damaging, against a model that is a dictionary."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from knowledge.snapshots.build import build
from knowledge.snapshots.opening import Opened, open_newest, open_version
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from knowledge.text.analyzer import ChineseAnalyzer

LANGUAGE = ChineseAnalyzer()
NAMES = st.sampled_from(["甲.txt", "乙.txt", "丙.txt"])


class Orders(RuleBasedStateMachine):
    """`stored` is what each version must say, `folder` what the articles say now."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="chuchu-orders-"))
        self.articles = self.home / "articles"
        self.articles.mkdir()
        self.versions = SnapshotRepository(self.home / "snapshots", keep=3)
        self.folder: dict[str, str] = {}
        self.stored: dict[str, list[str]] = {}
        self.open: Opened | None = None
        self.written = 0

    def teardown(self) -> None:
        if self.open:
            self.open.close()
        shutil.rmtree(self.home)

    @rule(name=NAMES)
    def edit(self, name: str) -> None:
        self.written += 1
        sentence = f"第{self.written}次写下的这一句话，只说第{self.written}件事。"
        (self.articles / name).write_text(f"第{self.written}号报道\n\n{sentence}\n", encoding="utf-8")
        self.folder[name] = sentence

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        (self.articles / name).unlink(missing_ok=True)
        self.folder.pop(name, None)

    @rule(from_base=st.booleans())
    def reload(self, from_base: bool) -> None:
        base = self.versions.folder / self.open.snapshot.version if self.open and from_base else None
        with self.versions.staging() as folder:
            build(BuildRequest(self.articles, base), folder)
            name = self.versions.publish(folder)
        self.stored[name] = sorted(self.folder.values())
        self.serve(name)
        for gone in self.versions.prune():
            del self.stored[gone]

    @precondition(lambda self: len(self.stored) > 1)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.stored)))
        self.versions.choose(name)
        self.serve(name)

    @rule()
    def die_while_building(self) -> None:
        half = self.versions.folder / ".building-dead"
        half.mkdir(parents=True, exist_ok=True)
        (half / "part").write_bytes(b"half")
        self.start_again()

    @rule()
    def start_again(self) -> None:
        chosen = self.versions.current()
        if self.open:
            self.open.close()
        self.versions.clean()
        self.open, damages = open_newest(self.versions, LANGUAGE)
        assert damages == []
        assert (self.open.snapshot.version if self.open else None) == chosen
        assert not list(self.versions.folder.glob(".building-*"))

    @precondition(lambda self: len(self.stored) > 1)
    @rule(data=st.data())
    def damage_what_is_chosen_and_start_again(self, data: st.DataObject) -> None:
        assert self.open
        name = self.open.snapshot.version
        self.open.close()
        self.open = None
        files = sorted(
            p for p in (self.versions.folder / name).rglob("*") if p.is_file() and p.stat().st_size
        )
        share = st.floats(0, 1, exclude_max=True)  # names and sizes differ from build to build
        path = files[int(data.draw(share) * len(files))]
        flipped = bytearray(path.read_bytes())
        flipped[int(data.draw(share) * len(flipped))] ^= 1
        path.write_bytes(flipped)
        del self.stored[name]
        self.open, damages = open_newest(self.versions, LANGUAGE)
        assert self.open and len(damages) == 1 and name in damages[0]
        self.versions.choose(self.open.snapshot.version)

    def serve(self, name: str) -> None:
        if self.open:
            self.open.close()
        self.open = open_version(self.versions, name, LANGUAGE)

    @invariant()
    def what_is_served_is_one_whole_version(self) -> None:
        if self.open:
            said = sorted(fact.text for fact in self.open.snapshot.facts())
            assert said == self.stored[self.open.snapshot.version]

    @invariant()
    def nothing_but_known_versions_is_kept(self) -> None:
        assert set(self.versions.names()) == set(self.stored)


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Orders, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )


def test_in_any_order_one_whole_version_is_served() -> None:
    run(6, 10)


@pytest.mark.soak
def test_in_hundreds_of_long_orders_one_whole_version_is_served() -> None:
    run(60, 40)
