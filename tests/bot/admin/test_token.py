"""The admin door's own token."""

from __future__ import annotations

import stat
from pathlib import Path

from bot.admin.http import NAME, known_token, load_or_create_token


def test_a_token_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = load_or_create_token(tmp_path)
    assert (load_or_create_token(tmp_path), known_token(tmp_path)) == (first, first)
    assert len(first) >= 43
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_token_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    load_or_create_token(tmp_path)
    (tmp_path / NAME).chmod(0o644)
    load_or_create_token(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_an_empty_token_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    assert len(load_or_create_token(tmp_path)) >= 43


def test_without_a_place_for_it_the_token_is_one_that_nobody_knows() -> None:
    nowhere = Path("/proc/nowhere")
    assert load_or_create_token(nowhere) != load_or_create_token(nowhere)
    assert known_token(nowhere) is None
