"""Settings come from the environment, and a wrong one is told in one line."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from bot.config import Address, Settings
from bot.errors import SettingsError
from bot.observability import HIDDEN, Human, Json, Redacting
from tests.support.everywhere import loaded
from tests.support.words import examples


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without any settings, and an environment without ours."""
    for name in list(os.environ):
        if name.startswith("CHUCHU_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings(**environment: str) -> Settings:
    return loaded(Path(), **environment)


def refusal(**environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings(**environment)
    said = str(refused.value)
    assert "\n" not in said
    return said


def token(loaded: Settings) -> str:
    """Telegram's token, or nothing."""
    kept = loaded.platforms[0].telegram_token  # type: ignore[attr-defined]
    return kept.get_secret_value() if kept else ""


def test_everything_is_optional() -> None:
    loaded = settings()
    assert (loaded.articles, loaded.data, loaded.admins, token(loaded)) == (
        Path("seeds"),
        Path("var"),
        frozenset(),
        "",
    )
    assert (loaded.http.url, loaded.admin_http.url) == ("http://127.0.0.1:8080", "http://127.0.0.1:8081")


def test_a_dot_env_file_counts_and_the_environment_goes_first() -> None:
    Path(".env").write_text("CHUCHU_ARTICLES=甲\nCHUCHU_DATA=乙\nOTHER=1\n", encoding="utf-8")
    loaded = settings(CHUCHU_DATA="丙")
    assert (loaded.articles, loaded.data) == (Path("甲"), Path("丙"))
    Path(".env").write_text("CHUCHU_TELEGRAM_TOKN=1:x\n", encoding="utf-8")
    assert "CHUCHU_TELEGRAM_TOKEN" in refusal()


@examples("name", "value", "why")
def test_a_wrong_value_is_refused_in_one_line_that_names_the_setting(name: str, value: str, why: str) -> None:
    said = refusal(**{name: value})
    assert name.removesuffix("_FILE") in said and said.startswith(why)
    assert "secret-words" not in said


def test_a_secret_may_stand_in_a_file_and_is_not_shown_when_settings_are_printed() -> None:
    Path("token").write_text("12:abc\n", encoding="utf-8")
    for given in (settings(CHUCHU_TELEGRAM_TOKEN_FILE="token"), settings(CHUCHU_TELEGRAM_TOKEN="12:abc")):
        assert token(given) == "12:abc"
        assert "abc" not in f"{given!r}{given.platforms!r}{given}"


def test_an_owner_is_a_platform_and_an_id_there_and_an_id_alone_is_the_first_platforms() -> None:
    owners = "5, telegram:6, feishu:ou_a11a11a11a11a11a11, matrix:@ann:here.example"
    assert settings(CHUCHU_ADMINS=owners).admins == {
        "feishu:ou_a11a11a11a11a11a11",
        "matrix:@ann:here.example",
        "telegram:5",
        "telegram:6",
    }


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:1"), ("::1", "http://[::1]:1")])
def test_an_address_that_listens_everywhere_is_shown_as_one_that_opens(host: str, url: str) -> None:
    assert Address(host, 1).url == url
    assert settings(CHUCHU_HTTP="[::1]:9").http == Address("::1", 9)


TOKEN = "4242424242:AAH_canary-token-of-the-tests_0123456789"
SECRET = "canary-secret"
styles = pytest.mark.parametrize("style", [Human, Json])


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    trouble = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("bot.x", logging.WARNING, "x.py", 1, message, arguments, trouble)
    made.update = 7
    return made


def raised(said: str) -> ValueError:
    """An error with its traceback."""
    try:
        raise ValueError(said)
    except ValueError as error:
        return error


@styles
@pytest.mark.parametrize(
    "secret", [TOKEN, TOKEN.replace(":", "%3A"), SECRET], ids=["token", "encoded token", "secret"]
)
def test_a_secret_is_cut_out_of_text_arguments_and_tracebacks(style: type[Redacting], secret: str) -> None:
    error = raised(f"https://api/bot{secret}/getMe failed")
    line = style([SECRET]).format(record("called %s", f"/bot{secret}/x", error=error))
    assert secret not in line
    assert HIDDEN in line


@styles
def test_no_entry_or_traceback_can_steer_a_terminal_and_an_entry_is_one_line(style: type[Redacting]) -> None:
    line = style([]).format(record('a\nb\r\x1b[31m {"level":"error"}'))
    assert "\n" not in line
    assert "\x1b" not in line + style([]).format(record("broke", error=raised("\x1b[31m")))


@pytest.mark.parametrize("text", ['"}\n{"level":"error"}', "\x1b[31m\r\0", "\ud800\u2028", "长" * 350_000])
def test_whatever_a_user_says_is_one_json_entry_that_is_read_back_with_its_fields(text: str) -> None:
    line = Json([]).format(record("heard %s", text, error=raised("broke")))
    assert "\n" not in line
    entry = json.loads(line)
    wanted = {"message": f"heard {text}", "level": "warning", "logger": "bot.x", "update": 7}
    assert {name: entry[name] for name in wanted} == wanted
    assert "ValueError" in entry["trace"]
