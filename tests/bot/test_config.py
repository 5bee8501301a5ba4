"""Settings come from the environment, and a wrong one is told in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import Address, setting_names
from bot.platforms import PLATFORMS


def settings(cwd: Path, expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load settings in a process of its own, the only honest way to have another environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHUCHU_")}
    program = (
        "import sys\nfrom bot.errors import SettingsError\n"
        f"from bot.config import load_settings\nfrom bot.platforms import PLATFORMS\ntry:\n s = load_settings(PLATFORMS)\n print(({expression}))\n"
        "except SettingsError as e:\n print(e, file=sys.stderr); sys.exit(78)"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(cwd: Path, **environment: str) -> str:
    done = settings(cwd, "s", **environment)
    assert done.returncode == 78, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def test_everything_is_optional(tmp_path: Path) -> None:
    shown = settings(
        tmp_path, "s.articles, s.data, s.http.url, s.admin_http.url, s.platforms[0].telegram_token, s.admins"
    )
    assert shown.stdout.strip() == (
        "(PosixPath('seeds'), PosixPath('var'), 'http://127.0.0.1:8080', 'http://127.0.0.1:8081', None, frozenset())"
    )


def test_a_dot_env_file_counts_and_the_environment_goes_first(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHUCHU_ARTICLES=甲\nCHUCHU_DATA=乙\nOTHER=1\n", encoding="utf-8")
    assert (
        settings(tmp_path, "s.articles, s.data", CHUCHU_DATA="丙").stdout.strip()
        == "(PosixPath('甲'), PosixPath('丙'))"
    )


def test_an_unknown_name_suggests_the_nearest(tmp_path: Path) -> None:
    assert refusal(tmp_path, CHUCHU_HTPP="x") == "没有 CHUCHU_HTPP 这个设置；是不是 CHUCHU_HTTP？"


def test_an_unknown_name_in_the_dot_env_file_is_found_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHUCHU_TELEGRAM_TOKN=1:x\n", encoding="utf-8")
    assert "CHUCHU_TELEGRAM_TOKEN" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHUCHU_HTTP", "8080"),
        ("CHUCHU_HTTP", "127.0.0.1:99999"),
        ("CHUCHU_ADMIN_HTTP", "here"),
        ("CHUCHU_ADMINS", "@name"),
        ("CHUCHU_ADMINS", "-100123"),
        ("CHUCHU_ADMINS", "1,,2"),
        ("CHUCHU_ADMINS", "1087968824"),
        ("CHUCHU_ADMINS", ""),
        ("CHUCHU_ADMINS", "nowhere:5"),
        ("CHUCHU_PUBLIC_URL", "example.org"),
        ("CHUCHU_TELEGRAM_TOKEN", "secret-words"),
        ("CHUCHU_TELEGRAM_TOKEN_FILE", "no/such/file"),
        ("CHUCHU_TELEGRAM_API", "http://127.0.0.1:9/bot"),
        ("CHUCHU_WEBHOOK_URL", "https://example.org/telegram"),
        ("CHUCHU_WEBHOOK_SECRET", "with space"),
        ("CHUCHU_ADMINS", "feishu:5"),
        ("CHUCHU_ADMINS", "matrix:ann"),
        ("CHUCHU_FEISHU_APP_ID", "secret-words"),
        ("CHUCHU_FEISHU_APP_ID", "cli_alone"),
        ("CHUCHU_FEISHU_APP_SECRET", "secret-words"),
        ("CHUCHU_FEISHU_ENCRYPT_KEY", "secret-words"),
        ("CHUCHU_LOG", "loud"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_the_setting(
    tmp_path: Path, name: str, value: str
) -> None:
    said = refusal(tmp_path, **{name: value})
    assert name.removesuffix("_FILE") in said
    assert "secret-words" not in said


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("12:abc\n", encoding="utf-8")
    shown = settings(
        tmp_path, "s.platforms[0].telegram_token.get_secret_value()", CHUCHU_TELEGRAM_TOKEN_FILE="token"
    )
    assert shown.stdout.strip() == "12:abc"


def test_secrets_are_not_shown_when_settings_are_printed(tmp_path: Path) -> None:
    assert "abc" not in settings(tmp_path, "s", CHUCHU_TELEGRAM_TOKEN="12:abc").stdout


def test_an_owner_is_a_platform_and_an_id_there_and_an_id_alone_is_the_first_platforms(
    tmp_path: Path,
) -> None:
    owners = "5, telegram:6, feishu:ou_a11a11a11a11a11a11, matrix:@ann:here.example"
    assert settings(tmp_path, "sorted(s.admins)", CHUCHU_ADMINS=owners).stdout.strip() == (
        "['feishu:ou_a11a11a11a11a11a11', 'matrix:@ann:here.example', 'telegram:5', 'telegram:6']"
    )


def test_an_address_that_listens_everywhere_is_shown_as_one_that_opens() -> None:
    assert Address("0.0.0.0", 8080).url == "http://127.0.0.1:8080"
    assert Address("::1", 8080).url == "http://[::1]:8080"


def test_every_setting_of_the_design_exists() -> None:
    assert {
        "CHUCHU_ARTICLES",
        "CHUCHU_DATA",
        "CHUCHU_HTTP",
        "CHUCHU_ADMIN_HTTP",
        "CHUCHU_ADMIN_TOKEN",
        "CHUCHU_ADMIN_TOKEN_FILE",
        "CHUCHU_ADMINS",
        "CHUCHU_PUBLIC_URL",
        "CHUCHU_TELEGRAM_TOKEN",
        "CHUCHU_TELEGRAM_TOKEN_FILE",
        "CHUCHU_TELEGRAM_API",
        "CHUCHU_WEBHOOK_URL",
        "CHUCHU_WEBHOOK_SECRET",
        "CHUCHU_DATABASE",
        "CHUCHU_LOG",
    } <= set(setting_names(PLATFORMS))


@pytest.mark.parametrize("seconds", ["often", "-1", "1e9", "nan"])
def test_a_watch_that_is_no_number_of_seconds_is_refused(tmp_path: Path, seconds: str) -> None:
    assert refusal(tmp_path, CHUCHU_WATCH=seconds) == "CHUCHU_WATCH 不对：要写 0 到 86400 的秒数，0 为不看"


@pytest.mark.parametrize("address", ["nonsense", "sqlite:///a.sqlite", "nosuch+driver://host/db"])
def test_a_database_that_cannot_be_spoken_to_is_refused_at_once(tmp_path: Path, address: str) -> None:
    told = refusal(tmp_path, CHUCHU_DATABASE=address)
    assert told.startswith("CHUCHU_DATABASE 不对：要写装好了异步驱动的 SQLAlchemy 地址")


def test_a_log_style_is_one_of_two(tmp_path: Path) -> None:
    assert refusal(tmp_path, CHUCHU_LOG="pretty") == "CHUCHU_LOG 不对：只能是 human 或 json"
