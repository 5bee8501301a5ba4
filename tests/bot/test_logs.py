"""Logs: one line each, and no secret in any."""

from __future__ import annotations

import json
import logging

import pytest

from bot.observability import HIDDEN, Human, Json, Redacting

TOKEN = "4242424242:AAH_canary-token-of-the-tests_0123456789"
SECRET = "canary-secret"


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    trouble = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("bot.x", logging.WARNING, "x.py", 1, message, arguments, trouble)
    made.update = 7
    return made


@pytest.mark.parametrize("style", [Human, Json])
@pytest.mark.parametrize(
    "secret", [TOKEN, TOKEN.replace(":", "%3A"), SECRET], ids=["token", "encoded token", "secret"]
)
def test_a_secret_is_cut_out_of_text_arguments_and_tracebacks(style: type[Redacting], secret: str) -> None:
    try:
        raise ValueError(f"https://api/bot{secret}/getMe failed")
    except ValueError as error:
        line = style([SECRET]).format(record("called %s", f"/bot{secret}/x", error=error))
    assert secret not in line
    assert HIDDEN in line


@pytest.mark.parametrize("style", [Human, Json])
def test_an_entry_is_one_line_that_cannot_steer_a_terminal(style: type[Redacting]) -> None:
    line = style([]).format(record('a\nb\r\x1b[31m {"level":"error"}'))
    assert "\n" not in line
    assert "\x1b" not in line


@pytest.mark.parametrize("text", ['"}\n{"level":"error"}', "\x1b[31m\r\0", "\ud800\u2028", "长" * 350_000])
def test_whatever_a_user_says_is_one_json_entry_of_its_own(text: str) -> None:
    line = Json([]).format(record("heard %s", text))
    assert "\n" not in line
    assert json.loads(line)["message"] == f"heard {text}"
    assert json.loads(line)["level"] == "warning"


def test_a_json_line_can_be_read_back_with_its_fields() -> None:
    entry = json.loads(Json([]).format(record("词 %d", 5)))
    assert (entry["message"], entry["level"], entry["logger"], entry["update"]) == (
        "词 5",
        "warning",
        "bot.x",
        7,
    )


def test_a_traceback_stays_with_its_entry() -> None:
    try:
        len(5)  # type: ignore[arg-type]
    except TypeError as error:
        entry = json.loads(Json([]).format(record("broke", error=error)))
    assert "TypeError" in entry["trace"]


@pytest.mark.parametrize("style", [Human, Json])
def test_a_traceback_cannot_steer_a_terminal(style: type[Redacting]) -> None:
    try:
        raise ValueError("\x1b[31m")
    except ValueError as error:
        assert "\x1b" not in style([]).format(record("broke", error=error))
