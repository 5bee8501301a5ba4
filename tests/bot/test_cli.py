"""The console as an operator meets it, and a reply there: a pleasure to read, and harmless."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from bot.cli import BROKEN_OFF, IN_USE, TERMINATED, WRONG_USE, parser
from bot.errors import WRONG_SETTINGS
from bot.messages import Button, Reply, Run, Style
from bot.terminal.console import ConsoleStyle, answer_text, reply_text
from bot.texts import phrases
from knowledge.model import Answer
from tests.bot.wire_schema import ANSWER, CHECK, FACT
from tests.knowledge.snapshots.corpus import write_corpus
from tests.support.paper import fact, hit
from tests.support.process import ROOT, chuchu, ended, environment
from tests.support.words import newspaper

COMMANDS = [
    "run",
    "ask",
    "facts",
    "check",
    "articles",
    "reload",
    "unanswered",
    "alias",
    "backup",
    "restore",
    "doctor",
]
QUERIES = ["蕃瓜弄", "", "   ", "🙂", "<b>", "北京地铁票价", "(" * 200, "长" * 10_000]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which questions have been asked before: only the first builds an index."""
    return tmp_path_factory.mktemp("home")


def test_an_answer_has_sentence_title_lines_and_file_and_nothing_found_is_no_failure(home: Path) -> None:
    done = chuchu(home, "ask", "-", stdin="蕃瓜弄\nqzxjk\n".encode())
    said = done.stdout.decode()
    assert done.returncode == 0
    assert re.search(r"^——《老房子的新生》第\d.*行 · gourd\.txt$", said, re.M)
    assert "\n现有报道里没有查到“qzxjk”。\n" in said
    assert "\x1b" not in said


def test_words_are_joined_by_spaces_into_one_query(home: Path) -> None:
    done = chuchu(home, "ask", "--json", "--limit", "1", "临港", "离岸贸易", "--", "-2023")
    assert ANSWER.validate_json(done.stdout)["query"] == "临港 离岸贸易 -2023"


def test_a_dash_reads_one_query_a_line_whatever_its_bytes_and_answers_each_in_order(home: Path) -> None:
    asked = [query.encode() for query in QUERIES]
    odd = [b"\xff\xfe", b"\xed\xa0\x80\r", "甲\u2028乙\x0b丙".encode(), b"\xe5\x87\xba"]
    done = chuchu(home, "ask", "-", "--json", "--limit", "2", stdin=b"\n".join([*asked, *odd]))
    lines = [ANSWER.validate_json(line)["query"] for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [query.strip() for query in lines[: len(QUERIES)]] == [query.strip() for query in QUERIES]
    told = [query.replace("\ufffd", "?") for query in lines[len(QUERIES) :]]
    assert (told[:2], told[3:], len(told)) == (["??", "???"], ["出"], 4)


@pytest.mark.slow
def test_a_thousand_queries_are_answered_in_one_process(home: Path) -> None:
    asked = [f"{word}{n}" for n in range(200) for word in ("上海", "果洛", "社区", "2023年", "党员")]
    done = chuchu(home, "ask", "-", "--json", "--limit", "3", stdin="\n".join(asked).encode())
    assert [ANSWER.validate_json(line)["query"] for line in done.stdout.splitlines()] == asked


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS)])
def test_help_speaks_the_interfaces_language_only(command: list[str]) -> None:
    with redirect_stdout(StringIO()) as said, pytest.raises(SystemExit) as ended:
        parser().parse_args([*command, "--help"])
    assert ended.value.code == 0
    english = re.sub(
        r"--?[a-z-]+|chuchu|JSON|Ctrl-C|backup|\b(?:" + "|".join(COMMANDS) + r")\b", "", said.getvalue()
    )
    assert re.findall("[a-z]{2,}", english) == []


def test_every_exit_code_is_in_the_manual_and_in_help() -> None:
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for code in (0, 1, WRONG_USE, IN_USE, WRONG_SETTINGS, BROKEN_OFF, TERMINATED):
        assert re.search(rf"^\| {code} \|", manual, re.M), code
        assert re.search(rf"\b{code} ", phrases(None).command_line.exit_codes), code


def test_facts_lists_every_fact_json_validates_and_a_reader_that_stops_early_is_no_error(home: Path) -> None:
    done = chuchu(home, "facts", "--json")
    facts = [FACT.validate_json(line) for line in done.stdout.splitlines()]
    wanted = sum(len(told) - 1 for told in newspaper().values())
    assert len({fact["id"] for fact in facts}) == len(facts) == wanted
    spoken = chuchu(home, "facts").stdout.decode()
    assert all(fact["text"] in spoken for fact in facts)
    reading, writing = os.pipe()
    os.close(reading)  # as head does
    with TemporaryFile() as complained:
        assert ended(home, ["facts"], writing, complained.fileno(), b"") == 0
        complained.seek(0)
        assert complained.read() == b""
    os.close(writing)


PRINTED = "河口新桥通车\n\n本报讯 河口新桥昨天通车。\n\n桥上有六条车道，两侧设有步道。\n\n\ue000\ue000\n"
CHECKED = """共 1 个文件，1 篇文章，2 句；存疑 1 处，读不了的文件 0 个。

？ bridge.txt  utf-8 · 1 篇文章 · 2 句 · 存疑 1 处 · 修复和去掉 1 处
  《河口新桥通车》
  ？ [坏字] 第7行 字体私有字符或坏字，无法还原，请核对原文
    [电头] 第3行 电头，不属于句子
"""


def test_check_tells_sum_and_problems_the_rest_when_asked_and_of_one_file_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write_corpus(folder, 1)
    (folder / "bridge.txt").write_text(PRINTED, encoding="utf-8")
    (folder / "bad.txt").write_bytes(b"\x00\xff\xfe\x80\x01" * 200)

    def check(*more: str) -> str:
        done = chuchu(tmp_path, "check", *more, CHUCHU_ARTICLES="articles")
        assert done.returncode == ("bridge.txt" not in more)
        return (
            done.stdout or done.stderr
        ).decode()  # how far a long one is, is told beside what is asked for

    told = {one["file"]: one for one in map(CHECK.validate_json, check("--json").splitlines())}
    bad, bridge = told["bad.txt"], told["bridge.txt"]
    assert bad["sentences"] == 0
    assert bad["skipped"] and bad["skipped"]["reason"] and bad["skipped"]["remedy"]
    assert (bridge["skipped"], bridge["encoding"]) == (None, "utf-8")
    assert (bridge["articles"], bridge["sentences"]) == (["河口新桥通车"], 2)
    assert ("电头", [[3, 3]]) in [(entry["name"], entry["lines"]) for entry in bridge["repairs"]]
    lines = [line.partition("：")[0] for line in check("bridge.txt").splitlines()]
    assert lines == [line.partition("：")[0] for line in CHECKED.split("\n")]
    assert {json.loads(line)["file"] for line in check("--json", "bridge.txt").splitlines()} == {"bridge.txt"}
    assert "没有.txt" in check("没有.txt").splitlines()[-1]
    short, full = check(), check("--full")
    assert short.splitlines()[0] == full.splitlines()[0]
    assert "？ [" in short and "[电头]" not in short and "--full" in short
    assert "[电头]" in full and set(short.splitlines()[:-1]) <= set(full.splitlines())


def test_a_build_tells_a_terminal_how_far_it_is_on_standard_error(tmp_path: Path) -> None:
    write_corpus(tmp_path / "articles", 30)
    ours, terminal = os.openpty()
    with TemporaryFile() as told:
        assert ended(tmp_path, ["check"], told.fileno(), terminal, b"", CHUCHU_ARTICLES="articles") == 0
        told.seek(0)
        assert "正在整理" not in told.read().decode()
    os.close(terminal)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "正在整理" in shown and "30 / 30" in shown


@pytest.mark.slow
def test_a_command_that_is_ended_in_the_middle_of_a_build_leaves_nothing(tmp_path: Path) -> None:
    write_corpus(tmp_path / "articles", 1500)
    started = subprocess.Popen(
        [sys.executable, "-m", "bot", "check"],
        cwd=tmp_path,
        env=environment(CHUCHU_ARTICLES="articles"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = tmp_path / "var" / "asked"
    while not list(asked.glob(".building-*/*")):
        assert started.poll() is None
        time.sleep(0.02)
    started.terminate()
    told, complaint = started.communicate()
    assert (started.returncode, told, b"Traceback" in complaint) == (TERMINATED, b"", False)
    assert [path for path in asked.iterdir() if path.is_dir()] == []


REPLY = [Run("大"), Run("桥", Style.BOLD), Run("通了。\n"), Run("——《题》第2行 · a.txt")]


@pytest.mark.parametrize(
    ("terminal", "colour", "shown"),
    [
        (True, True, "大\x1b[1;31m桥\x1b[0m通了。\n\x1b[2m——《题》第2行 · a.txt\x1b[0m"),
        (True, False, "大\x1b[1m桥\x1b[0m通了。\n\x1b[2m——《题》第2行 · a.txt\x1b[0m"),
        (False, True, "大桥通了。\n——《题》第2行 · a.txt"),
    ],
    ids=["a terminal", "without colour", "a pipe"],
)
def test_matched_words_stand_out_and_the_source_is_dim_where_that_can_be_seen(
    terminal: bool, colour: bool, shown: str
) -> None:
    assert ConsoleStyle(terminal, colour).text(REPLY) == shown


def test_nothing_in_a_text_can_steer_the_terminal() -> None:
    shown = ConsoleStyle(terminal=True, colour=True).text(
        [Run("甲\x1b[2J\x07\x9b乙\r\0"), Run("\x1b]0;x\x07", Style.BOLD)]
    )
    assert shown == "甲\ufffd[2J\ufffd\ufffd乙\ufffd\ufffd\x1b[1;31m\ufffd]0;x\ufffd\x1b[0m"


def test_buttons_become_a_numbered_list_and_each_fact_has_its_source() -> None:
    reply = Reply([Run("桥。")], [[Button("上下文", "c"), Button("原文", "s")], [Button("更多", "m")]])
    assert reply_text(reply, ConsoleStyle(False, False)) == "桥。\n[1] 上下文\n[2] 原文\n[3] 更多\n\n"
    told = Answer("桥", True, 0.9, None, (hit(fact("桥一。", 2), "桥"), hit(fact("桥二。", 3), "桥")))
    assert answer_text(told, ConsoleStyle(False, False), phrases(None)) == (
        "桥一。\n——《桥通车了》第2行 · a.txt\n\n桥二。\n——《桥通车了》第3行 · a.txt\n\n"
    )
