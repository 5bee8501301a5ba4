"""The terminal speaks the interface's language wholly, also of what is wrong inside."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.process import chuchu

HANZI = re.compile("[\u4e00-\u9fff]")
ENGLISH = {"CHUCHU_LANGUAGE": "en", "CHUCHU_ARTICLES": "articles"}


def test_check_reload_and_errors_in_english_hold_no_chinese_but_quotes_and_names(tmp_path: Path) -> None:
    (folder := tmp_path / "articles").mkdir()
    (folder / "good.txt").write_text("Bridge\n\n大桥昨天正式通车，市民纷纷前往参观。\n", encoding="utf-8")
    (folder / "bad.txt").write_bytes(b"\x00\xff\xfe\x80\x01" * 200)
    (folder / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    spoken = {
        command: chuchu(tmp_path, *command.split(), **ENGLISH)  # type: ignore[arg-type]
        for command in (
            "check --full",
            "reload",
            "restore good.txt",
            "backup no/where",
            "unanswered",
            "alias",
        )
    }
    spoken["settings"] = chuchu(tmp_path, "check", **ENGLISH, CHUCHU_HTTP="x")  # type: ignore[arg-type]
    texts = {name: (done.stdout + done.stderr).decode() for name, done in spoken.items()}
    assert {name: text for name, text in texts.items() if HANZI.search(text)} == {}
    assert "full of control characters" in texts["check --full"]
    assert "there is no file in the archive" in texts["check --full"]
    assert "write host:port" in texts["settings"]
