"""Every file of a stored snapshot, damaged in every way, is noticed before it serves."""

from __future__ import annotations

import random
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

from bot.admin.knowledge import start_knowledge
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.build import build
from knowledge.snapshots.manifest import verify_files
from knowledge.snapshots.opening import SERVED, Opened, open_newest, open_version
from knowledge.snapshots.repository import POINTER, SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import NEW, rebuild, write_corpus, write_new
from tests.knowledge.snapshots.test_versions import flip
from tests.support.chat import HereBuilder


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two versions, the second one article longer."""
    home = tmp_path_factory.mktemp("stored")
    write_corpus(home / "articles")
    versions = SnapshotRepository(home / "var" / SERVED)
    rebuild(home / "articles", versions)
    write_new(home / "articles")
    rebuild(home / "articles", versions)
    return home


@pytest.fixture
def data(stored: Path, tmp_path: Path) -> Path:
    """A copy of it to be damaged."""
    return shutil.copytree(stored / "var", tmp_path / "var")


async def test_the_version_before_serves_and_a_damaged_one_is_moved_aside(stored: Path, data: Path) -> None:
    """Which damages are noticed, `tests/knowledge/snapshots/test_versions.py` tells."""
    flip(data / SERVED / "000002" / "sources.json")
    async with start_knowledge(stored / "articles", data, HereBuilder()) as knowledge:
        assert knowledge.store.version == "000001"
        assert any("000002" in notice and "损坏" in notice for notice in knowledge.notices)
        with knowledge.store.lease() as snapshot:
            assert NEW not in {fact.text for fact in snapshot.facts()}
    assert len(list((data / SERVED / "damaged").iterdir())) == 1


async def test_when_every_version_is_damaged_a_new_one_is_built(stored: Path, data: Path) -> None:
    for path in (data / SERVED).rglob("manifest.json"):
        flip(path)
    async with start_knowledge(stored / "articles", data, HereBuilder()) as knowledge:
        assert len(knowledge.notices) == 2
        with knowledge.store.lease() as snapshot:
            assert NEW in {fact.text for fact in snapshot.facts()}


async def test_a_whole_stored_version_is_opened_without_building(stored: Path, data: Path) -> None:
    (data / SERVED / POINTER).unlink()
    builder = HereBuilder()
    async with start_knowledge(stored / "articles", data, builder) as knowledge:
        assert (knowledge.store.version, knowledge.notices, builder.built) == ("000002", (), 0)


@pytest.mark.parametrize(("seed", "number"), [(1, 100), pytest.param(2, 1_000, marks=pytest.mark.soak)])
def test_each_random_damage_is_noticed(data: Path, seed: int, number: int) -> None:
    """Something of a version is flipped, cut or removed, again and again; verifying it notices each time."""
    version, pick = data / SERVED / "000002", random.Random(seed)
    verify_files(version)
    paths = files_of(version)
    for _ in range(number):
        path, how = pick.choice(paths), pick.choice(("flip", "flip", "cut", "remove"))
        whole = path.read_bytes()
        place, changed = pick.randrange(len(whole)), bytearray(whole)
        if how == "flip":
            changed[place] ^= 1 << pick.randrange(8)
        path.write_bytes(changed if how == "flip" else whole[:place])
        if how == "remove":
            path.unlink()
        with pytest.raises(SnapshotDamaged):
            verify_files(version)
        path.write_bytes(whole)
    verify_files(version)


def files_of(version: Path) -> list[Path]:
    """Every file of a version that holds something."""
    return [path for path in sorted(version.rglob("*")) if path.is_file() and path.stat().st_size]


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
        files = files_of(self.versions.folder / name)
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


@pytest.mark.parametrize(("examples", "steps"), [(6, 10), pytest.param(60, 40, marks=pytest.mark.soak)])
def test_in_any_order_one_whole_version_is_served(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Orders, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )
