"""A real homeserver: Synapse, in a folder and an environment of its own (AGPL: it only ever runs beside the tests)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.support.server import free_port

PYTHON = Path(sys.prefix) / "synapse" / "bin" / "python"
PASSWORD = "canary-password-of-the-tests"
START_SECONDS = 60.0


def installed() -> bool:
    """Whether `make synapse` was run here."""
    return PYTHON.exists()


@asynccontextmanager
async def synapse(folder: Path) -> AsyncIterator[str]:
    """The address of a homeserver called `here`, to which anybody may register."""
    port = free_port()
    config = folder / "homeserver.yaml"
    config.write_text(json.dumps(_config(folder, port)))  # JSON is YAML
    (folder / "log.yaml").write_text(json.dumps({"version": 1, "root": {"level": "WARNING"}}))
    command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", str(config)]
    subprocess.run([*command, "--generate-keys"], cwd=folder, check=True, capture_output=True)
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stderr=asyncio.subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while not await _answers(session, url):
                assert process.returncode is None, f"Synapse ended with {process.returncode}"
                await asyncio.sleep(0.1)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def register(url: str, name: str) -> str:
    """Make an account; return its access token."""
    wanted = {"username": name, "password": PASSWORD, "auth": {"type": "m.login.dummy"}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/_matrix/client/v3/register", json=wanted) as answer,
    ):
        return str((await answer.json())["access_token"])


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/_matrix/client/versions") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _config(folder: Path, port: int) -> dict[str, object]:
    freely, resources = {"per_second": 1000, "burst_count": 1000}, [{"names": ["client", "media"]}]
    return {
        "server_name": "here",
        "pid_file": str(folder / "pid"),
        "listeners": [
            {"port": port, "type": "http", "bind_addresses": ["127.0.0.1"], "resources": resources}
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "log_config": str(folder / "log.yaml"),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "here.signing.key"),
        "macaroon_secret_key": "m",
        "form_secret": "f",
        "report_stats": False,
        "trusted_key_servers": [],
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "rc_message": freely,
        "rc_registration": freely,
        "rc_login": {"address": freely, "account": freely, "failed_attempts": freely},
        "rc_joins": {"local": freely, "remote": freely},
        "rc_invites": {"per_room": freely, "per_user": freely, "per_issuer": freely},
    }
