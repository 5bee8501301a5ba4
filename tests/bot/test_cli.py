"""The console as an operator meets it, and a reply there: a pleasure to read, and harmless."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import redirect_stdout
from importlib.metadata import version
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
from tests.support.words import examples, newspaper

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


def told_at_last(done: subprocess.CompletedProcess[bytes]) -> str:
    """Its only complaint; before it `run` has told its log where the page is."""
    log, said = [], done.stderr.decode().splitlines()
    while said[0].startswith("{"):
        log.append(said.pop(0))
    assert len(said) == 1 and len(log) <= 2
    return said[0]


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


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = chuchu(tmp_path, "--version")
    assert (done.returncode, done.stdout.decode()) == (0, f"chuchu {version('chuchu')}\n")


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS)])
def test_help_speaks_the_interfaces_language_only(command: list[str]) -> None:
    with redirect_stdout(StringIO()) as said, pytest.raises(SystemExit) as ended:
        parser().parse_args([*command, "--help"])
    assert ended.value.code == 0
    english = re.sub(
        r"--?[a-z-]+|chuchu|JSON|Ctrl-C|backup|\b(?:" + "|".join(COMMANDS) + r")\b", "", said.getvalue()
    )
    assert re.findall("[a-z]{2,}", english) == []


@examples("typed", "complaint")
def test_a_complaint_about_wrong_use_speaks_the_interfaces_language(
    tmp_path: Path, typed: str, complaint: str
) -> None:
    done = chuchu(tmp_path, *typed.split())
    usage, told, how = done.stderr.decode().splitlines()
    assert (done.returncode, told, how) == (2, f"chuchu: {complaint}", "chuchu --help 看怎么用")
    assert usage.startswith("用法：chuchu")


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
HANZI = re.compile("[\u4e00-\u9fff]")


def test_check_tells_sum_and_problems_the_rest_when_asked_and_of_one_file_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write_corpus(folder, 1)
    (folder / "bridge.txt").write_text(PRINTED, encoding="utf-8")
    (folder / "bad.txt").write_bytes(b"\x00\xff\xfe\x80\x01" * 200)

    def check(*more: str) -> str:
        done = chuchu(tmp_path, "check", *more, CHUCHU_ARTICLES="articles")
        assert done.returncode == ("bridge.txt" not in more)
        return (done.stdout + done.stderr).decode()

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


def test_check_reload_and_errors_in_english_hold_no_chinese_but_quotes_and_names(tmp_path: Path) -> None:
    (folder := tmp_path / "articles").mkdir()
    (folder / "good.txt").write_text("Bridge\n\n大桥昨天正式通车，市民纷纷前往参观。\n", encoding="utf-8")
    (folder / "bad.txt").write_bytes(b"\x00\xff\xfe\x80\x01" * 200)
    (folder / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    english = {"CHUCHU_LANGUAGE": "en", "CHUCHU_ARTICLES": "articles"}
    texts: dict[str, str] = {}
    for command in ("check --full", "reload", "restore good.txt", "backup no/where", "unanswered", "alias", "check"):  # fmt: skip
        wrong = {"CHUCHU_HTTP": "x"} if command == "check" else {}
        done = chuchu(tmp_path, *command.split(), **english, **wrong)  # type: ignore[arg-type]
        texts[command] = (done.stdout + done.stderr).decode()
    assert {name: text for name, text in texts.items() if HANZI.search(text)} == {}
    assert "full of control characters" in texts["check --full"]
    assert "there is no file in the archive" in texts["check --full"]
    assert "write host:port" in texts["check"]


def test_without_a_bot_the_terminal_reloads_compares_lists_articles_and_teaches_another_name(
    tmp_path: Path,
) -> None:
    articles = write_corpus(tmp_path / "articles", 3)

    def run(*arguments: str, code: int = 0) -> str:
        done = chuchu(tmp_path, *arguments, CHUCHU_ARTICLES="articles")
        assert done.returncode == code, (done.stdout + done.stderr).decode()
        return done.stdout.decode()

    assert "3 篇，9 句" in run("reload", "--dry-run")
    assert list((tmp_path / "var" / "snapshots").glob("0*")) == [], "a dry run stores nothing"
    assert run("reload").splitlines()[0] == "已建成版本 000001，3 篇，9 句。"
    assert "和正在使用的版本不同" not in run("check")
    (articles / "aliases.txt").write_text("进博会 = CIIE\n", encoding="utf-8")
    (articles / "001.toml").write_text('newspaper = "青年报"\n', encoding="utf-8")
    again = run("reload")
    assert "文章旁边改动了：aliases.txt、001.toml。" in again and "内容没有变化" not in again
    listed = run("articles")
    assert "1. 第0号街坊旧区改造纪事" in listed and "000.txt" in listed
    one = json.loads(run("articles", "--json").splitlines()[0])
    assert (one["title"], one["file"]) == ("第0号街坊旧区改造纪事", "000.txt")
    assert "没有查不到的问题" in run("unanswered")
    run("alias", "动迁", "旧区改造")
    assert "已经有了" in run("alias", "动迁", "旧区改造", code=1)
    assert "1. 动迁 = 旧区改造" in run("alias")
    run("alias", "--remove", "1")
    assert "还没有" in run("alias")
    (articles / "new.txt").write_text("隧道通车了\n\n隧道昨天正式通车。\n", encoding="utf-8")
    told = run("check").splitlines()[1]
    assert told == "和正在使用的版本不同：new.txt；chuchu reload 以后才换上。"
    for path in articles.glob("00*.t*"):
        path.unlink()
    gone = run("check").splitlines()[1]
    assert "少了 3 个文件" in gone and "chuchu reload" not in gone


@pytest.mark.parametrize(
    ("command", "articles"),
    [
        pytest.param(command, articles, marks=[pytest.mark.slow] if builds and articles != "空" else [])
        for command, builds in (("run", 1), ("ask x", 0), ("facts", 0), ("check", 0), ("reload", 1))
        for articles in ("没有这里", "空", "文件")
    ],
)
def test_articles_that_are_not_there_are_one_clear_line_and_no_traceback(
    tmp_path: Path, command: str, articles: str
) -> None:
    (tmp_path / "空").mkdir()
    (tmp_path / "文件").touch()
    free = dict.fromkeys(("CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP"), "127.0.0.1:0")
    done = chuchu(tmp_path, *command.split(), stdin=b"", CHUCHU_ARTICLES=articles, **free)
    said = told_at_last(done)
    assert done.returncode != 0 and articles in said
    assert ("CHUCHU_ARTICLES" in said) == (articles != "空")
    assert ("不是文件夹" in said) == (articles == "文件")


@pytest.mark.parametrize("kind", ["a file", "in a place that is not there"])
def test_a_data_folder_that_cannot_be_made_is_one_line_that_names_it(tmp_path: Path, kind: str) -> None:
    write_corpus(tmp_path / "articles")
    if kind == "a file":
        (tmp_path / "var").touch()
    else:
        (tmp_path / "var").symlink_to(tmp_path / "nowhere" / "var")
    done = chuchu(tmp_path, "reload", CHUCHU_ARTICLES="articles", CHUCHU_DATA=str(tmp_path / "var"))
    assert (done.returncode, str(tmp_path / "var") in told_at_last(done)) == (1, True)


def test_a_wrong_setting_and_a_taken_port_are_one_clear_line_that_names_the_setting(tmp_path: Path) -> None:
    done = chuchu(tmp_path, "ask", "x", CHUCHU_HTTPS="1")
    said = "没有 CHUCHU_HTTPS 这个设置；是不是 CHUCHU_HTTP？\n"
    assert (done.returncode, done.stderr.decode()) == (78, said)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = chuchu(tmp_path, "run", CHUCHU_HTTP=f"127.0.0.1:{port}", CHUCHU_ADMIN_HTTP="127.0.0.1:0")
    said = done.stderr.decode().splitlines()[-1]
    assert done.returncode == 1
    assert str(port) in said and "CHUCHU_HTTP" in said


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
