"""Files made to exhaust whoever reads them: refused or read, in bounded time and memory, and always reported."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.documents.folder import find_sources, read_sources
from knowledge.model import Skipped
from tests.support.chat import hall
from tests.support.process import ROOT, chuchu, environment

BODY = "桥通车了\n\n河上的新桥昨天通车了，居民们都很高兴。\n"
MEGABYTE = 1 << 20
SIDECARS = {
    "deeply nested": b"title = " + b"[" * 50_000,
    "deep tables": b"[" + b"a." * 20_000 + b"a]\nb = 1",
    "dotted keys": b"\n".join(b"a" + b".a" * 200 + b" = %d" % n for n in range(400)),
    "a huge number": b"page = " + b"9" * 50_000,
    "a hundred thousand keys": b"\n".join(b"k%d = 1" % n for n in range(100_000)),
    "a long string": b'title = "' + "长".encode() * 300_000 + b'"',
    "NUL": b'title = "a\0b"',
    "no TOML": b"\xff\xfe\0\0",
    "a YAML object": b"!!python/object/apply:os.system ['true']",
    "a date that is none": b"date = 2023-02-30",
    "dates at the end of time": b"date = 9999-12-31T23:59:59-23:59",
    "infinite": b"page = inf",
}  # fmt: skip


@pytest.mark.parametrize("sidecar", SIDECARS.values(), ids=SIDECARS.keys())
def test_a_sidecar_made_to_exhaust_is_refused_alone_and_its_article_read(
    tmp_path: Path, sidecar: bytes
) -> None:
    (tmp_path / "a.txt").write_text(BODY, encoding="utf-8")
    (tmp_path / "a.toml").write_bytes(sidecar)
    read = [one for source in find_sources(tmp_path) for one in read_sources(source)]
    documents = [one[0] for one in read if not isinstance(one, Skipped)]
    assert [document.name for document in documents] == ["a.txt"]
    assert all(one.reason and one.remedy for one in read if isinstance(one, Skipped))


ALIASES = (
    ".*+?^${}()|[]\\ = (a+)+$\n= = =\n\ud800甲 = 乙\n"
    + "长" * 100_000
    + " = 短\n"
    + "\n".join(f"甲{n} = 甲{n + 1}" for n in range(2000))
)


def test_names_made_of_operators_and_endless_chains_stop_no_question(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text(BODY, encoding="utf-8")
    (tmp_path / "articles" / "aliases.txt").write_bytes(ALIASES.encode("utf-8", "replace"))
    done = chuchu(
        tmp_path, "ask", "-", "--json", stdin="新桥\n甲1\n.*\n(a+)+$\n".encode(), CHUCHU_ARTICLES="articles"
    )
    assert done.returncode == 0, done.stderr.decode()
    assert next(json.loads(line)["found"] for line in done.stdout.splitlines()) is True
    assert b"Traceback" not in done.stderr


MANY = {
    "a line of ten megabytes": lambda folder: (folder / "a.txt").write_text("桥" * 3_300_000, encoding="utf-8"),
    "sentences without an end": lambda folder: (folder / "a.txt").write_text("桥通车了，" * 600_000, encoding="utf-8"),
    "a million headings": lambda folder: (folder / "a.md").write_text("# 桥\n" * 1_000_000, encoding="utf-8"),
    "a million empty lines": lambda folder: (folder / "a.txt").write_text("\n" * 3_000_000 + BODY, encoding="utf-8"),
    "more than a hundred thousand files": lambda folder: [
        (folder / f"{n}.txt").write_text(BODY.replace("新桥", f"{n}号桥"), encoding="utf-8") for n in range(100_001)
    ],
}  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("make", MANY.values(), ids=MANY.keys())
def test_what_is_far_too_much_is_read_or_refused_within_a_gigabyte(tmp_path: Path, make: object) -> None:
    assert callable(make)
    (tmp_path / "articles").mkdir()
    make(tmp_path / "articles")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CHUCHU_ARTICLES": str(tmp_path / "articles")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "--json"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        check=False,
        timeout=1200,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1536 * MEGABYTE, 1536 * MEGABYTE)),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"\nexit {done.returncode}, {after.ru_utime - before.ru_utime:.0f} s, at most {after.ru_maxrss // 1024} MB"
    )
    assert done.returncode in (0, 1), done.stderr.decode()[-2000:]
    assert b"Traceback" not in done.stderr


def test_a_file_of_a_million_lines_is_refused_with_their_number(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("桥\n" * 1_000_000, encoding="utf-8")
    (read,) = (one for source in find_sources(tmp_path) for one in read_sources(source))
    assert isinstance(read, Skipped)
    assert "1000000 行" in read.reason and read.remedy == "拆成几个文件"


THIN = {
    "front matter.md": "---\ntitle: 题目\n---\n",
    "title.txt": "只有一个标题\n",
    "no title.txt": "\n\n昨天有一座没有标题的桥通车了。\n",
    "twice.txt": "桥通车了\n\n河下的隧道昨天也通车了，没有标题。\n",
    "again.txt": BODY,
}


def test_a_thin_or_double_article_harms_no_other_and_is_read_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    for name, text in {"b.txt": BODY, **THIN}.items():
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    said = []
    for seed in ("1", "2"):  # of the hashes: a process of its own each time
        done = subprocess.run(
            [sys.executable, "-m", "bot", "ask", "新桥 通车", "--json"],
            cwd=tmp_path,
            env=environment(CHUCHU_ARTICLES="articles", CHUCHU_DATA=seed, PYTHONHASHSEED=seed),
            capture_output=True,
            check=True,
        )
        assert b"Traceback" not in done.stderr
        said.append(json.loads(done.stdout))
    assert said[0]["found"] and said[0]["hits"] == said[1]["hits"]
    assert '"b.txt"' in json.dumps(said[0]["hits"])


async def test_a_reload_of_an_emptied_folder_waits_for_a_word_and_the_old_version_serves(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path) as room:
        for path in room.articles.iterdir():
            path.unlink()
        assert "没有一句可用的话" in await room.say("/reload")
        assert len(room.texts()) == 12
