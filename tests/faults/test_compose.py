"""`compose.yaml` as it stands: its services as processes, and, where a Docker answers, run by `docker compose` itself."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
import yaml

from bot.config import setting_names
from bot.platforms import PLATFORMS
from bot.state.replica import Lease
from tests.botapi.server import TOKEN, bot_api
from tests.faults.replicas import Readers
from tests.faults.test_replicas import widened
from tests.support.postgres import QUICK, Server, server
from tests.support.process import ROOT, environment
from tests.support.server import at_once, free_port
from tests.support.words import articles

Json = dict[str, Any]
QUESTION = "闵行 莫德纳"
LEASE = Lease().seconds
TABLES = ("inbox_updates", "snapshot_versions", "snapshot_chunks", "audit")


@pytest.fixture(scope="module")
def compose() -> Json:
    """The file as compose reads it where nothing is set."""
    # Every `${NAME:-default}` is its default, any other `$NAME` nothing, `$$` a dollar sign.
    variable = re.compile(r"\$(?:(\$)|\{\w+:-([^}]*)\}|\w+)")
    read: Json = yaml.safe_load(
        variable.sub(lambda found: found[1] or found[2] or "", text_of("compose.yaml"))
    )
    return read


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def replicas(compose: Json) -> list[str]:
    return [name for name, service in compose["services"].items() if service.get("image") == "chuchu"]


def test_what_it_names_exists_and_nothing_is_left_over(compose: Json) -> None:
    image = text_of("Dockerfile")
    known = [*setting_names(PLATFORMS), "CHUCHU_POSTGRES_PASSWORD", "CHUCHU_PORT", "CHUCHU_IMAGE"]
    assert set(re.findall(r"CHUCHU_\w+", text_of("compose.yaml"))) <= set(known)
    used, networks = set(), set()
    for service in compose["services"].values():
        for mount in service.get("volumes", ()):
            source, target = mount.split(":")
            used.add(source)
            assert (ROOT / source).is_dir() if source.startswith(".") else source in compose["volumes"]
            settable = (service.get("environment") or {}).values()
            assert target.startswith(("/data", "/var/lib/postgresql")) or target in settable
        networks |= set(service["networks"])
        assert set(service.get("depends_on", ())) <= compose["services"].keys()
    assert used - {"./seeds"} == compose["volumes"].keys()
    assert networks == compose["networks"].keys()
    assert {"VOLUME /data", "EXPOSE 8080"} <= set(image.splitlines())
    assert len(replicas(compose)) == 3
    proxied = re.search(r"reverse_proxy (.+) \{", compose["configs"]["proxy"]["content"])
    assert proxied
    assert proxied[1].split() == [f"{name}:8080" for name in replicas(compose)]


@pytest.mark.slow
async def test_its_services_serve_and_outlive_one_that_is_killed(compose: Json, tmp_path: Path) -> None:
    ports = {name: free_port() for name in [*replicas(compose), "proxy"]}
    with database(compose) as running:
        processes = {}
        try:
            for name in replicas(compose):
                ours = environment_of(compose["services"][name], running, tmp_path / name, ports[name])
                processes[name] = await started(ours, tmp_path)
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as client:
                for name in processes:
                    await answered(client, ports[name])
                    probe = environment(CHUCHU_HTTP=f"0.0.0.0:{ports[name]}")
                    command = of_image(r"^HEALTHCHECK .* CMD (\[.+\])$")
                    assert subprocess.run(command, env=probe, check=False).returncode == 0
                assert len(running.execute("SELECT id FROM replicas", "chuchu")) == 3
                async with proxy(compose, ports, tmp_path):
                    await answered(client, ports["proxy"])
                    processes["one"].send_signal(signal.SIGKILL)
                    for _ in range(20):
                        assert await answered(client, ports["proxy"], tries=1)
        finally:
            for process in processes.values():
                if process.returncode is None:
                    process.terminate()
            codes = {name: await process.wait() for name, process in processes.items()}
        assert codes == {"one": -signal.SIGKILL, "two": 0, "three": 0}


@pytest.mark.slow
async def test_docker_compose_starts_it_and_one_by_one_it_is_replaced_without_a_pause(tmp_path: Path) -> None:
    host = gateway()
    async with bot_api(host=host) as api:
        services = Services(tmp_path, int(api.url.rpartition(":")[2]), free_port(), free_port())
        readers = Readers(api, services.sql)
        async with services.up(), aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as client:
            containers = await services("ps", "-q")
            await services("up", "-d", "--wait")
            assert await services("ps", "-q") == containers  # nothing is new, so nothing is replaced
            async with client.get(f"http://127.0.0.1:{services.page}/") as page:
                assert page.status == 200
            assert await answered(client, services.page, tries=1)

            async with asking(readers, "replaced one by one"):
                revision = widened(tmp_path)
                await services("build")
                for name in ("one", "two", "three"):
                    await services("up", "-d", "--wait", name)
            assert services.sql("SELECT version_num FROM alembic_version") == [(revision,)]
            assert readers.wrong() == (0, 0, {})
            assert readers.waits()[-1] < LEASE

            async with asking(readers, "killed"):
                await services("exec", "-T", "one", "sh", "-c", "kill -9 $(cat /proc/1/task/1/children)")
                for _ in range(20):
                    assert await answered(client, services.page, tries=1)
                await services("up", "-d", "--wait")
            restarts = ["docker", "inspect", "-f", "{{.RestartCount}}"]
            one = (await services("ps", "-q", "one")).strip()
            assert subprocess.run([*restarts, one], capture_output=True, check=True).stdout == b"1\n"
            assert readers.once_more_at_most()
            assert readers.waits()[-1] < LEASE + 2

            kept = [services.sql(f"SELECT count(*) FROM {table}") for table in TABLES]
            await services("down")
            await services("up", "-d", "--wait")
            assert [services.sql(f"SELECT count(*) FROM {table}") for table in TABLES] == kept
            assert await answered(client, services.page, tries=1)
            await readers.answered_again()


def gateway() -> str:
    """The address at which containers reach this machine; skips where no Docker with compose answers."""
    asked = ["docker", "network", "inspect", "bridge", "-f"]
    try:
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=True)
        where = [*asked, "{{(index .IPAM.Config 0).Gateway}}"]
        return subprocess.run(where, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no docker with compose that answers here")


@asynccontextmanager
async def asking(readers: Readers, what: str) -> AsyncIterator[None]:
    """Readers ask until this ends; then all of them have their answer, and what they waited is printed."""
    began = time.monotonic()
    async with at_once(asyncio.create_task(readers.readers(600, 4.0))):
        await asyncio.sleep(3)
        yield
        await asyncio.sleep(3)
    await readers.all_ended()
    print(f"{what}, {time.monotonic() - began:.0f} s: {readers.told()}")


@contextmanager
def database(compose: Json) -> Iterator[Server]:
    """PostgreSQL with the service's own settings and health check, and its database."""
    service = compose["services"]["postgres"]
    told = [word for word in service["command"][1:] if word != "-c"]
    with server((*QUICK, *told)) as running:
        names = service["environment"]
        running.execute(f"CREATE DATABASE {names['POSTGRES_DB']} OWNER {names['POSTGRES_USER']}")
        program, *arguments = shlex.split(service["healthcheck"]["test"][1])
        where = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(running.port)}
        assert subprocess.run([running.tool(program), *arguments], env=where, check=False).returncode == 0
        yield running


def environment_of(service: Json, running: Server, data: Path, port: int) -> dict[str, str]:
    """A replica's environment, with addresses and folders of this machine in the place of the network's."""
    (data / "uploads").mkdir(parents=True)
    given = {name: value for name, value in service["environment"].items() if value is not None}
    given["CHUCHU_DATABASE"] = given["CHUCHU_DATABASE"].replace("@postgres/", f"@127.0.0.1:{running.port}/")
    given["CHUCHU_ARTICLES"] = str(articles())
    image = {"CHUCHU_DATA": str(data), "CHUCHU_HTTP": f"127.0.0.1:{port}", "CHUCHU_ADMIN_HTTP": "127.0.0.1:0"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return environment(**given, **image, PATH=path)


async def started(ours: Mapping[str, str], folder: Path) -> asyncio.subprocess.Process:
    """The image's command."""
    words = of_image(r"^CMD (\[.+\])$")
    return await asyncio.create_subprocess_exec(*words, env=dict(ours), cwd=folder, stdout=subprocess.DEVNULL)


def of_image(pattern: str) -> list[str]:
    """The words of an instruction in the Dockerfile; its Python is ours."""
    found = re.search(pattern, text_of("Dockerfile"), re.MULTILINE)
    assert found
    return [sys.executable if word == "python" else word for word in json.loads(found[1])]


@asynccontextmanager
async def proxy(compose: Json, ports: Mapping[str, int], folder: Path) -> AsyncIterator[None]:
    """Caddy with the file's own configuration, where it is installed; else the first replica that lives is asked."""
    if not (caddy := shutil.which("caddy")):
        pytest.skip("no caddy: the services serve, the proxy is not tried")
    content = compose["configs"]["proxy"]["content"].replace(":80 {", f":{ports['proxy']} {{", 1)
    for name in replicas(compose):
        content = content.replace(f"{name}:8080", f"127.0.0.1:{ports[name]}")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + content, encoding="utf-8")
    home = {**os.environ, "HOME": str(folder)}
    command = (caddy, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile")
    process = await asyncio.create_subprocess_exec(*command, env=home, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def answered(client: aiohttp.ClientSession, port: int, tries: int = 600) -> bool:
    """Ask until the answer is there; tell whether it was within so many tries."""
    for _ in range(tries):
        try:
            async with client.get(f"http://127.0.0.1:{port}/api/ask", params={"q": QUESTION}) as got:
                if got.status == 200 and (await got.json())["found"]:
                    return True
        except aiohttp.ClientError:
            pass
        if tries > 1:
            await asyncio.sleep(0.1)
    return False


@dataclass
class Services:
    """What `docker compose` runs of a copy of the repository, under names and ports of its own."""

    folder: Path
    telegram: int  # port of this machine
    page: int
    database: int
    name = f"chuchu-test-{os.getpid()}"

    def __post_init__(self) -> None:
        ignored = shutil.ignore_patterns("__pycache__")
        kept = re.findall(r"^!(\S+)$", text_of(".dockerignore"), re.MULTILINE)
        for name in (*kept, "compose.yaml", "Dockerfile", ".dockerignore"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, self.folder)
        telegram = {"CHUCHU_TELEGRAM_API": f"http://telegram:{self.telegram}"}
        there = {"environment": telegram, "extra_hosts": ["telegram:host-gateway"]}
        seen = {"ports": [f"127.0.0.1:{self.database}:5432"]}
        elsewhere = {"services": {"one": there, "two": there, "three": there, "postgres": seen}}
        (self.folder / "elsewhere.yaml").write_text(json.dumps(elsewhere), encoding="utf-8")

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """All of it is built and ready, and gone at the end."""
        try:
            await self("up", "-d", "--wait")
            yield
        finally:
            await self("down", "-v", "--remove-orphans")
            subprocess.run(["docker", "rmi", self.name], capture_output=True, check=False)

    async def __call__(self, *words: str) -> str:
        """Run a command of `docker compose`; return what it printed."""
        files = ("-p", self.name, "-f", "compose.yaml", "-f", "elsewhere.yaml")
        ours = {"CHUCHU_IMAGE": self.name, "CHUCHU_PORT": str(self.page), "CHUCHU_TELEGRAM_TOKEN": TOKEN}
        command, pipe = ("docker", "compose", *files, *words), subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env={**os.environ, **ours}, stdout=pipe, stderr=pipe
        )
        told, complained = await process.communicate()
        assert process.returncode == 0, complained.decode()
        return told.decode()

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        at = f"postgresql://chuchu:chuchu@127.0.0.1:{self.database}/chuchu"
        with psycopg.connect(at) as connection:
            return connection.execute(statement.encode()).fetchall()
