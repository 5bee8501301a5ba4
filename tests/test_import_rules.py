"""Who may import whom, and how long a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.process import environment

ROOT = Path(__file__).parents[1]
LONGEST = 450
PURE = ("repair", "text", "query", "answering", "search", "model.py", "schemas.py")
WORLD = {
    "asyncio",
    "os",
    "time",
    "socket",
    "subprocess",
    "sqlite3",
    "tantivy",
    "shutil",
    "tempfile",
    "aiohttp",
}


@cache
def imports(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


def modules(*folders: str) -> list[Path]:
    found = [p for f in folders for p in ([ROOT / f] if f.endswith(".py") else (ROOT / f).rglob("*.py"))]
    return [p for p in found if p.exists()]


def test_knowledge_never_imports_bot() -> None:
    assert [p for p in modules("knowledge") if any(i.split(".")[0] == "bot" for i in imports(p))] == []


def test_no_file_is_longer_than_one_reads_at_a_time() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules("bot", "knowledge")}
    assert [path for path, count in lines.items() if count > LONGEST] == []


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_of_knowledge_touch_no_file_clock_network_or_environment(room: str) -> None:
    guilty = {p.name: i for p in modules(f"knowledge/{room}") for i in imports(p) if i.split(".")[0] in WORLD}
    assert guilty == {}


def test_one_noun_is_one_type() -> None:
    homes: dict[str, list[str]] = {}
    for path in modules("bot", "knowledge"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_handlers_and_rendering_know_no_platform() -> None:
    platforms = ("bot.platforms", "bot.web", "bot.terminal", "telegram", "aiohttp")
    rooms = modules("bot/handlers", "bot/rendering", "bot/messages.py")
    assert [p for p in rooms if any(i.startswith(platforms) for i in imports(p))] == []


CHAT = [path.parent.name for path in sorted((ROOT / "bot/platforms").glob("*/__init__.py"))]
SURFACES = [*(f"platforms.{name}" for name in CHAT), "web", "terminal"]


@pytest.mark.parametrize("platform", SURFACES)
def test_a_platform_knows_no_other_platform(platform: str) -> None:
    others = tuple(f"bot.{other}" for other in SURFACES if other != platform)
    rooms = modules(f"bot/{platform.replace('.', '/')}")
    assert rooms
    assert [p for p in rooms if any(i.startswith(others) for i in imports(p))] == []


def test_only_a_platforms_folder_names_it() -> None:
    def may(path: Path, name: str) -> bool:
        """What readers are told may name where they are; a matrix is a word of mathematics in the other half."""
        own = path.is_relative_to(ROOT / "bot/platforms" / name) or path.is_relative_to(ROOT / "bot/texts")
        is_mathematics = name == "matrix" and path.is_relative_to(ROOT / "knowledge")
        return own or is_mathematics or path == ROOT / "bot/platforms/__init__.py"

    texts = {path: path.read_text(encoding="utf-8").lower() for path in modules("bot", "knowledge")}
    assert [
        (path, name) for path in texts for name in CHAT if name in texts[path] and not may(path, name)
    ] == []


def test_texts_and_messages_know_nothing_but_words() -> None:
    allowed = ("bot.texts", "bot.messages")
    rooms = modules("bot/texts", "bot/messages.py")
    known = [(p, i) for p in rooms for i in imports(p) if i.startswith(("bot", "knowledge"))]
    assert [(path, name) for path, name in known if not name.startswith(allowed)] == []


def test_only_one_module_of_bot_reads_the_environment() -> None:
    readers = [
        p for p in modules("bot", "knowledge") if re.search(r"os\.environ|getenv", p.read_text("utf-8"))
    ]
    assert set(readers) <= {ROOT / "bot/config.py"}


def test_no_ring_of_packages() -> None:
    """A package, or a module that stands alone beside them, never leads back to itself through others."""
    paths = {_name(path): path for path in modules("bot", "knowledge")}
    leads: dict[str, set[str]] = {}
    for name, path in paths.items():
        known = {one for one in imports(path) if one in paths or f"{one}.__init__" in paths}
        leads.setdefault(_package(name), set()).update(map(_package, known))
    rest = {package: there - {package} for package, there in leads.items()}
    while free := {
        one for one in rest if not rest[one] & rest.keys() or not any(one in rest[other] for other in rest)
    }:
        rest = {package: there - free for package, there in rest.items() if package not in free}
    assert {package: there & rest.keys() for package, there in rest.items()} == {}, "these lead to each other"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")


def _package(module: str) -> str:
    return ".".join(module.removesuffix(".__init__").split(".")[:2])


def test_knowledge_names_no_setting_of_the_bot() -> None:
    naming = [path for path in modules("knowledge") if "CHUCHU_" in path.read_text(encoding="utf-8")]
    assert naming == []


def test_a_platform_that_is_not_configured_is_not_imported() -> None:
    """Its settings are; what its folder holds beside them, and what that stands on, is not."""
    code = (
        "import sys, bot.app\nfrom bot.config import load_settings\nfrom bot.platforms import PLATFORMS\n"
        "settings = load_settings(PLATFORMS)\nassert not any(one.is_on for one in settings.platforms)\n"
        "print(*sys.modules)"
    )
    told = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment())
    loaded = set(told.decode().split())
    platforms = {name for name in loaded if name.startswith("bot.platforms.")}
    assert len({name for name in platforms if (ROOT / name.replace(".", "/")).is_dir()}) >= 2
    assert {name for name in platforms if name.count(".") > 2} == set()
    assert "telegram" not in loaded
    assert "knowledge.repair.patterns" not in loaded  # which take .3 s, and builds alone need
