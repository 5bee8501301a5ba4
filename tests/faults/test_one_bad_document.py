"""A fault in one document costs that document, at every stage; everything else is built, served and asked."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.documents.folder import find_sources, read_sources
from knowledge.documents.limits import DOCUMENT_LINES
from knowledge.index.index import build_index, open_index
from knowledge.model import Document, ParsedDocument, Skipped
from knowledge.repair.pipeline import repair_document
from knowledge.snapshots.build import build
from knowledge.snapshots.manifest import verify_files
from knowledge.snapshots.opening import cached_snapshot, open_version
from knowledge.snapshots.repository import SnapshotRepository, hand_in
from knowledge.snapshots.request import BuildRequest
from knowledge.snapshots.worker import encode_request, preview
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.documents.test_mutated_files import KINDS, mutated, sample
from tests.knowledge.snapshots.corpus import rebuild, write_article, write_corpus
from tests.support.process import chuchu, environment

# A worker whose repair falls over one article, as a library's crash or the system's killer makes it.
DEADLY = """
import os, sys
from knowledge.repair import pipeline as room
from knowledge.snapshots import worker
sound = room.{step}
def deadly(document, *more):
    if any("致命" in line for line in document.lines):
        {deed}
    return sound(document, *more)
room.{step} = deadly
worker.serve_builds()
"""


WHOLE = 12  # facts of the four sound articles
KILLS = ("os.kill(os.getpid(), 9)", "整个重建在它这里中断了（信号 9）")
ABORTS = ("os.abort()", "整个重建在它这里中断了（信号 6）")
OTHERS = (
    ABORTS,
    ("raise MemoryError", "整个重建在它这里中断了（内存不够）"),
    ("os._exit(7)", "整个重建在它这里中断了（退出码 7）"),
)


def spoken(script: str, articles: Path, folder: Path) -> list[dict[str, object]]:
    """Everything that a worker says to one request, to the line that ends it."""
    folder.mkdir()
    said: list[dict[str, object]] = []
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", script], **streams) as worker:  # type: ignore[call-overload]
        worker.stdin.write(encode_request(BuildRequest(articles), folder))
        worker.stdin.flush()
        while not said or said[-1].keys().isdisjoint({"built", "failed", "ended"}):
            said.append(json.loads(worker.stdout.readline()))
        worker.stdin.close()
    return said


@pytest.mark.parametrize(
    ("deed", "reason", "step", "number"),
    [
        (*KILLS, "repair_document", 1),
        (
            'raise ValueError("太怪")',
            "出错（ValueError：太怪）",
            "page_lines",
            1,
        ),  # costs no other of its batch
        *(pytest.param(*deed, "repair_document", 1, marks=pytest.mark.slow) for deed in OTHERS),
        *(pytest.param(*deed, "page_lines", 1, marks=pytest.mark.slow) for deed in (KILLS, *OTHERS)),
        pytest.param(*ABORTS, "repair_document", 3, marks=pytest.mark.slow),
    ],
)
def test_documents_that_kill_the_build_or_fail_in_it_are_named_and_left_out_one_after_the_other(
    tmp_path: Path, deed: str, reason: str, step: str, number: int
) -> None:
    articles = write_corpus(tmp_path / "articles")
    bad = [f"新闻/bad{n}.txt" for n in range(number)]
    for name in bad:
        write_article(articles, name, "致命的一篇", f"{name}这一句是致命的。")
    *_, last = spoken(DEADLY.format(deed=deed, step=step), articles, tmp_path / "new")
    assert "built" in last
    manifest = verify_files(tmp_path / "new")
    skipped = [(one.name, one.stage, one.reason) for one in manifest.skipped]
    assert skipped == [(name, "整理", reason) for name in bad]
    assert manifest.totals.facts == WHOLE


def test_a_build_that_dies_with_nothing_in_hand_blames_nobody(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    script = "from knowledge.snapshots import worker\nworker._load = lambda: (lambda *_: 1 / 0)\nworker.serve_builds()"
    assert spoken(script, tmp_path / "articles", tmp_path / "new") == [{"ended": "退出码 1"}]


def die_over(repository: SnapshotRepository, name: str, digest: str) -> None:
    """Leave behind what a process leaves that is killed with a document in hand."""
    folder = repository.folder / ".building-dead"
    folder.mkdir(parents=True)
    with hand_in(folder) as hand:
        hand.take(name, digest, "整理")
        note = (folder / "in-hand.json").read_bytes()
    (folder / "in-hand.json").write_bytes(note)


def test_a_document_in_hand_when_everything_died_twice_is_left_out_and_once_is_not(tmp_path: Path) -> None:
    articles = write_corpus(tmp_path / "articles")
    repository = SnapshotRepository(tmp_path / "var" / "asked")
    with cached_snapshot(articles, tmp_path / "elsewhere"):
        (sources,) = (tmp_path / "elsewhere").rglob("sources.json")
    sha = {row[0]: row[3] for row in json.loads(sources.read_text())}["002.txt"]
    die_over(repository, "002.txt", sha)
    repository.clean()
    assert repository.suspects() == ()
    die_over(repository, "002.txt", sha)
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        assert [one.name for one in snapshot.skipped] == ["002.txt"]
        assert snapshot.counts() == (3, 9)
    assert repository.suspects() == (), "what was built remembers itself whom it left out"
    write_article(articles, "002.txt", "改好的一篇", "这一句改好了。")
    with cached_snapshot(articles, tmp_path / "var") as snapshot:
        assert snapshot.skipped == ()


def falls_over_its_third_line(document: Document) -> ParsedDocument:
    if any("绊脚" in line for line in document.lines):
        raise ValueError("绊了一跤")
    return repair_document(document)


def test_a_document_that_repair_fails_on_is_told_with_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = write_corpus(tmp_path / "articles")
    write_article(articles, "bad.txt", "标题", "第一句。", "绊脚的一句。", "第三句。")
    (tmp_path / "new").mkdir()
    manifest = build(BuildRequest(articles), tmp_path / "new", repair=falls_over_its_third_line).manifest
    (skipped,) = manifest.skipped
    assert (skipped.name, skipped.stage, skipped.line) == ("bad.txt", "整理", 3)
    assert (skipped.reason, manifest.totals.facts) == ("出错（ValueError：绊了一跤）", WHOLE)
    assert "Traceback" in caplog.text and "bad.txt" in caplog.text


def test_a_document_that_the_index_cannot_hold_leaves_nothing_behind(tmp_path: Path) -> None:
    def parsed(name: str, text: str) -> tuple[ParsedDocument, bytes]:
        document = Document(name, "0" * 64, 1, "text", "utf-8", ("题目一行", "", text))
        return repair_document(document), b""

    sound, broken = parsed("a.txt", "今天天气很好，大家都来了。"), parsed("b.txt", "明天也不会下雨的。")
    object.__setattr__(broken[0].facts[0], "page", 1 << 70)  # more than a column of SQLite holds
    failed: list[str] = []
    number = build_index(
        tmp_path / "index",
        [sound, (broken[0], b""), parsed("c.txt", "后天大家再来一次吧。")],
        lambda document, error: failed.append(document.name),
    )
    assert (failed, number) == (["b.txt"], 2)
    with open_index(tmp_path / "index") as index:
        assert [fact.article.file for fact in index.facts()] == ["a.txt", "c.txt"]
        assert index.records.document("b.txt") is None
        assert len(index.find([["下雨"]], 10)) == 0


# Damaged files through the whole build, and asked afterwards.
MARKS = (
    "“”‘’「」『』《》〈〉〝〞＂＇\"'`´",
    "（）()[]【】〔〕{}｛｝",
    "—－–-―⸺…‥·•",
    "\u200b\u200c\u200d\ufeff\u2060\u00ad\u202e\u2066\u061c",
    "\u0301\u0308\u20dd\u3099\ufe0f\U000e0100",
    "😀👨‍👩‍👧🇨🇳☎️",
    "\ue000\uf8ff\U000f0000\ufffe\ufffd",
    "。，、；：？！．,.;:?! \u3000\t\u00a0",
)
PROSE = """这是一个标题
本报记者 王小明
昨天上午，全市举行了第3次签约仪式，共有128户居民参加。
他说：“这里以后会越来越好。”大家都鼓起掌来。
小标题在这里
据介绍，改造于2021年7月开始，
到今年年底全部完成。"""


def marked(pick: random.Random) -> str:
    """An article with stray marks at the beginnings, the ends and amid its lines, alone and in heaps."""
    lines = PROSE.splitlines()
    for _ in range(pick.randint(1, 6)):
        mark = "".join(pick.choice(pick.choice(MARKS)) for _ in range(pick.choice((1, 1, 1, 2, 9))))
        at = pick.randrange(len(lines))
        line = lines[at]
        place = pick.choice((0, len(line), pick.randint(0, len(line))))
        lines[at] = line[:place] + mark + line[place:]
        if pick.random() < 0.3:
            lines.insert(at, mark)
    return pick.choice(("\n", "\n\n", "\n　　")).join(lines)


def damaged(seed: int, number: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of damaged files, half of them texts with stray marks."""
    pick = random.Random(seed)
    for at in range(number // 2):
        yield f"mark{at:04d}.txt", marked(pick).encode("utf-8", "surrogatepass")
    each = max(1, number // 2 // len(KINDS))
    for kind in KINDS:
        others = [sample(other) for other in KINDS if other != kind]
        for at, data in enumerate(mutated(sample(kind), seed, each, others)):
            yield f"坏{at:04d}.{kind}", data


QUESTIONS = (
    "签约仪式",
    "共有多少户居民？",
    "谁说这里以后会越来越好？",
    "“越来越好”",
    "改造 -今年",
    "文:标题 居民",
)


@pytest.mark.parametrize(
    ("seed", "number"), [(1, 96), *(pytest.param(seed, 400, marks=pytest.mark.soak) for seed in range(2, 52))]
)
def test_a_folder_of_damaged_files_is_built_and_answers(tmp_path: Path, seed: int, number: int) -> None:
    articles = write_corpus(tmp_path / "articles", 3)
    for name, data in damaged(seed, number):
        (articles / name).write_bytes(data)
    repository = SnapshotRepository(tmp_path / "snapshots")
    made = rebuild(articles, repository)
    internal = [one for one in made.manifest.skipped if one.reason.startswith(("出错", "整个"))]
    assert internal == [], f"seed {seed}: mend what these raise"
    with closing(open_version(repository, "000001", ChineseAnalyzer())) as opened:
        snapshot = opened.snapshot
        facts = list(snapshot.facts())
        files = [fact.article.file for fact in facts]
        told = [*files, *(one.name for one in snapshot.skipped), *(one.file for one in snapshot.reports())]
        missing = {name for name, _ in damaged(seed, number)} - {name.partition("!/")[0] for name in told}
        assert missing == set(), "neither read nor reported"
        answers = map(snapshot.ask, QUESTIONS)
        shown = [hit.fact for answer in answers for hit in (*answer.hits, *answer.related)]
        assert [fact for fact in (*facts, *shown) if not snapshot.proves(fact)] == []
        assert snapshot.ask("第2号街坊签约").found


def test_a_preview_says_what_a_reload_would_skip(tmp_path: Path) -> None:
    for name, data in damaged(7, 32):
        told = preview(name, data)
        assert told.facts or told.skipped or not told.articles or told.repairs
        assert all(isinstance(one, Skipped) and one.stage for one in told.skipped)


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


ENDLESS = "\n".join(f"甲{n} = 甲{n + 1}" for n in range(2000))
ALIASES = f".*+?^${{}}()|[]\\ = (a+)+$\n= = =\n\ud800甲 = 乙\n{'长' * 100_000} = 短\n{ENDLESS}"


def test_names_made_of_operators_and_endless_chains_stop_no_question(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "a.txt").write_text(BODY, encoding="utf-8")
    (articles / "aliases.txt").write_bytes(ALIASES.encode("utf-8", "replace"))
    asked = "新桥\n甲1\n.*\n(a+)+$\n".encode()
    done = chuchu(tmp_path, "ask", "-", "--json", stdin=asked, CHUCHU_ARTICLES="articles")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.splitlines()[0])["found"] is True
    assert b"Traceback" not in done.stderr


MANY: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "a line of ten megabytes": lambda: iter([("a.txt", "桥" * 3_300_000)]),
    "sentences without an end": lambda: iter([("a.txt", "桥通车了，" * 600_000)]),
    "a million headings": lambda: iter([("a.md", "# 桥\n" * 1_000_000)]),
    "a million empty lines": lambda: iter([("a.txt", "\n" * 3_000_000 + BODY)]),
    "more than a hundred thousand files": lambda: (
        (f"{n}.txt", BODY.replace("新桥", f"{n}号桥")) for n in range(100_001)
    ),
}


@pytest.mark.soak
@pytest.mark.parametrize("make", MANY.values(), ids=MANY.keys())
def test_what_is_far_too_much_is_read_or_refused_within_a_gigabyte(
    tmp_path: Path, make: Callable[[], Iterator[tuple[str, str]]]
) -> None:
    (tmp_path / "articles").mkdir()
    for name, text in make():
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "--json"],
        cwd=tmp_path,
        env=environment(CHUCHU_ARTICLES="articles"),
        capture_output=True,
        check=False,
        timeout=1200,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1536 * MEGABYTE, 1536 * MEGABYTE)),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = f"{after.ru_utime - before.ru_utime:.0f} s, at most {after.ru_maxrss // 1024} MB"
    print(f"\nexit {done.returncode}, {took}")
    assert done.returncode in (0, 1), done.stderr.decode()[-2000:]
    assert b"Traceback" not in done.stderr


def test_a_file_of_too_many_lines_is_refused_with_their_number(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("桥\n" * (DOCUMENT_LINES + 1), encoding="utf-8")
    (read,) = (one for source in find_sources(tmp_path) for one in read_sources(source))
    assert isinstance(read, Skipped)
    assert f"{DOCUMENT_LINES + 1} 行" in read.reason and read.remedy == "拆成几个文件"


THIN = {
    "b.txt": BODY,
    "again.txt": BODY,
    "front matter.md": "---\ntitle: 题目\n---\n",
    "title.txt": "只有一个标题\n",
    "no title.txt": "\n\n昨天有一座没有标题的桥通车了。\n",
    "twice.txt": "桥通车了\n\n河下的隧道昨天也通车了，没有标题。\n",
}


@pytest.mark.slow
def test_a_thin_or_double_article_harms_no_other_and_is_read_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    for name, text in THIN.items():
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    said = []
    for seed in ("1", "2"):  # of the hashes: a process of its own each time
        settings = environment(CHUCHU_ARTICLES="articles", CHUCHU_DATA=seed, PYTHONHASHSEED=seed)
        command = [sys.executable, "-m", "bot", "ask", "新桥 通车", "--json"]
        done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, check=True)
        assert b"Traceback" not in done.stderr
        said.append(json.loads(done.stdout))
    assert said[0]["found"] and said[0]["hits"] == said[1]["hits"]
    assert '"b.txt"' in json.dumps(said[0]["hits"])
