"""`python -m tests.faults.nth JOB ERROR FOLDER STEP`: a job, with its Nth call to the system failing, for N = 1, 2, 3 …

Every STEP-th N is tried. After every try, what was acknowledged must be there, what was refused must have left what was there before, and the
same job must pass. Ends when a job makes fewer than N calls; says what broke and ends with 1 before that.

A filter of the kernel (seccomp, `seccomp_unotify(2)`) asks us about each call of a forked process; we let it pass or answer
with an error, whoever makes it: Python, SQLite, the index library. x86-64 Linux only.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import fcntl
import mmap
import os
import platform
import select
import signal
import socket
import sqlite3
import struct
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.admin.uploads import UploadStore
from bot.backup import unpacked, write_backup
from bot.errors import BackupRefused, CannotStore, InboxError, StateReadOnly
from bot.inbox import UpdateStatus
from bot.state.people import AuditEntry, read_askers_key
from bot.state.sqlite_inbox import read_statuses
from bot.state.state import open_state, sqlite_address
from knowledge.errors import KnowledgeError, NoArticles, SnapshotDamaged
from knowledge.snapshots.build import build
from knowledge.snapshots.manifest import shrink_warning
from knowledge.snapshots.opening import SERVED, open_newest
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import BuildRequest
from knowledge.snapshots.sources import build_fingerprint
from knowledge.text.analyzer import ChineseAnalyzer
from tests.knowledge.snapshots.corpus import write_article
from tests.support.inbox import PLATFORM, new_update, open_inbox

CALLS = {
    "open": 2, "openat": 257, "write": 1, "pwrite64": 18, "pwritev": 296, "writev": 20, "ftruncate": 77,
    "fallocate": 285, "fsync": 74, "fdatasync": 75, "rename": 82, "renameat": 264, "renameat2": 316, "mkdir": 83,
    "unlink": 87, "unlinkat": 263, "flock": 73,
}  # fmt: skip
STANDARD_STREAMS = 3
PATIENCE_SECONDS = 60.0
BROKEN = 99
_NO_NEW_PRIVILEGES, _SECCOMP = 38, 317
_LISTEN = 1 << 3
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTICE, _ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")


def can_fail_calls() -> bool:
    """Tell whether this machine has the filter."""
    actions = "/proc/sys/kernel/seccomp/actions_avail"
    if sys.platform != "linux" or platform.machine() != "x86_64" or not os.path.exists(actions):
        return False
    with open(actions, encoding="ascii") as file:
        return "user_notif" in file.read().split()


def run_failing(work: Callable[[], int], nth: int, error: int) -> tuple[int, int]:
    """Run `work` in a fork whose `nth` call fails; return its exit code, and how many calls it made.

    `BROKEN` is an exception that `work` did not expect, -6 that it never ended. Call it where no other thread runs.
    """
    ours, theirs = socket.socketpair()

    def filtered() -> int:
        ours.close()
        socket.send_fds(theirs, [b"x"], [_install_filter()])
        return work()

    child = _fork(filtered)
    theirs.close()
    with ours:
        subscriber = socket.recv_fds(ours, 1, 1)[1][0]
    try:
        calls = _answer(subscriber, child, nth, error)
    finally:
        os.close(subscriber)
    return _ending(child), calls


def run_apart(work: Callable[[], int]) -> int:
    """Run `work` in a fork, which takes the threads that it starts along; return its exit code."""
    return _ending(_fork(work))


def _fork(work: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        code = BROKEN
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return child


def _ending(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _install_filter() -> int:
    """Ask about `CALLS` of this thread and those it starts; return whom to ask."""
    steps = [(_LOAD, 0, 0, 0)]
    numbers = list(CALLS.values())
    steps += [(_EQUALS, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ASK)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(program)))
    system = ctypes.CDLL(None, use_errno=True)
    refused = system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    subscriber: int = -1 if refused else system.syscall(_SECCOMP, 1, _LISTEN, header)
    if subscriber < 0:
        raise OSError(ctypes.get_errno(), "prctl" if refused else "seccomp")
    return subscriber


def _answer(subscriber: int, child: int, nth: int, error: int) -> int:
    """Answer until the child has ended; return the number of its calls."""
    poll, calls, ends = select.poll(), 0, time.monotonic() + PATIENCE_SECONDS
    poll.register(subscriber, select.POLLIN)
    while True:
        events = poll.poll(1000)
        if time.monotonic() > ends:
            os.kill(child, signal.SIGABRT)
            return calls
        if not events:
            continue
        if not events[0][1] & select.POLLIN:
            return calls
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(subscriber, _RECEIVE, notice)
        except FileNotFoundError:  # it was killed while it asked
            continue
        number, _, _, call, _, _, first, *_ = _NOTICE.unpack(notice)
        to_a_stream = call in (CALLS["write"], CALLS["writev"]) and first < STANDARD_STREAMS
        calls += not to_a_stream
        fails = calls == nth and not to_a_stream
        answer = _ANSWER.pack(number, 0, -error if fails else 0, 0 if fails else 1)
        try:
            fcntl.ioctl(subscriber, _SEND, answer)
        except FileNotFoundError:
            continue


NOW = datetime(2026, 11, 21, tzinfo=UTC)
CLEAN = (KnowledgeError, CannotStore, StateReadOnly, InboxError, BackupRefused, OSError)
LANGUAGE = ChineseAnalyzer()
REFUSED = 3
OWNER = "telegram:7"
STEADY = "一直在这里的一句话，从来没有变过。"
REWRITTEN = "第{}次重写以后的这一句话说的是另一件事。"


@dataclass(frozen=True, slots=True)
class Job:
    """Work that acknowledges its steps by calling, and a look whether as many steps as were acknowledged are there."""

    work: Callable[[Path, int, Callable[[], None]], None]
    check: Callable[[Path, int, int], None]


def reload(folder: Path, round_: int, done: Callable[[], None]) -> None:
    versions = SnapshotRepository(folder / "var" / SERVED)
    with versions.staging() as staging:
        current = versions.current()
        base = versions.folder / current if current else None
        built = build(BuildRequest(folder / "articles", base), staging)
        if doubt := shrink_warning(None, built.manifest.totals):
            raise NoArticles(doubt)
        versions.publish(staging)
    done()
    versions.prune()


def reloaded(folder: Path, round_: int, steps: int) -> None:
    versions = SnapshotRepository(folder / "var" / SERVED)
    versions.clean()
    opened, damages = open_newest(versions, LANGUAGE)
    assert opened and damages == [], damages
    with closing(opened):
        snapshot, unread = opened.snapshot, opened.manifest.skipped
        # every fact, found through the columns and read from the records
        said = {fact.text for article in snapshot.articles() for fact in snapshot.facts(article.id)}
    assert all(skipped.passing for skipped in unread), unread  # named, and tried again by the next reload
    rounds = range(round_ if steps else 0, round_ + 1)
    assert unread or said in [{STEADY, REWRITTEN.format(served)} for served in rounds], said
    rewrite(folder, round_ + 1)


def rewrite(folder: Path, round_: int) -> None:
    write_article(folder / "articles", "changing.txt", f"第{round_}次重写", REWRITTEN.format(round_))


def start(folder: Path, round_: int, done: Callable[[], None]) -> None:
    opened, damages = open_newest(SnapshotRepository(folder / "var" / SERVED), LANGUAGE)
    if opened is None:
        raise SnapshotDamaged(*damages)
    opened.close()
    done()


def started(folder: Path, round_: int, steps: int) -> None:
    assert SnapshotRepository(folder / "var" / SERVED).names() == ["000001"], "set aside though it is whole"


def take_in(folder: Path, round_: int, done: Callable[[], None]) -> None:
    async def work() -> None:
        async with open_inbox(folder / "inbox.sqlite", lambda: 1e9) as inbox:
            new = [new_update(2 * round_ + n) for n in (1, 2)]
            await inbox.store(new)
            first = (await inbox.queued())[-2].number
            done()
            await inbox.end(first, UpdateStatus.ANSWERED)
            done()

    asyncio.run(work())


def taken_in(folder: Path, round_: int, steps: int) -> None:
    with closing(sqlite3.connect(folder / "inbox.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = read_statuses(folder / "inbox.sqlite", PLATFORM)
    first, second = (str(2 * round_ + n) for n in (1, 2))
    assert steps < 1 or {first, second} <= rows.keys(), rows
    assert steps < 2 or rows[first][0] == "answered", rows
    assert not list(folder.glob("inbox.sqlite.damaged*")), "set aside though it is whole"


def remember(folder: Path, round_: int, done: Callable[[], None]) -> None:
    async def work() -> None:
        async with open_state(sqlite_address(folder)) as state:
            for step in "ab":
                await state.audit.add(AuditEntry(NOW, OWNER, "reload", "done", f"{round_}{step}"))
                done()

    asyncio.run(work())


def remembered(folder: Path, round_: int, steps: int) -> None:
    async def look() -> list[str]:
        async with open_state(sqlite_address(folder)) as state:
            assert await state.audit.first_broken() is None
            return [entry.detail for entry in await state.audit.last(3)]

    details = asyncio.run(look())
    assert steps < 1 or f"{round_}a" in details, details
    assert steps < 2 or f"{round_}b" in details, details


def upload(folder: Path, round_: int, done: Callable[[], None]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 100_000
        yield b"y" * 100_000

    kept = asyncio.run(UploadStore(folder, folder / "articles").keep(f"u{round_}", pieces()))
    assert kept.size == 200_000
    done()


def uploaded(folder: Path, round_: int, steps: int) -> None:
    path = folder / "uploads" / f"u{round_}"
    assert path.exists() == bool(steps), f"{path} is there: {path.exists()}"
    assert not steps or path.stat().st_size == 200_000


def back_up(folder: Path, round_: int, done: Callable[[], None]) -> None:
    data = folder / "var"
    write_backup(folder / "articles", data, sqlite_address(data), folder / f"{round_}.tar")
    done()


def backed_up(folder: Path, round_: int, steps: int) -> None:
    path = folder / f"{round_}.tar"
    assert path.exists() or not steps
    assert not list(folder.glob(".*.tar.*")), "a stump is left"
    if path.exists():
        with unpacked(path, folder / "aside"):
            path.unlink()


def mix(folder: Path, round_: int, done: Callable[[], None]) -> None:
    (folder / "recipe").write_text(build_fingerprint(), encoding="ascii")
    done()


def mixed(folder: Path, round_: int, steps: int) -> None:
    assert not steps or (folder / "recipe").read_text(encoding="ascii") == build_fingerprint()


JOBS = {
    "reload": Job(reload, reloaded),
    "start": Job(start, started),
    "inbox": Job(take_in, taken_in),
    "state": Job(remember, remembered),
    "upload": Job(upload, uploaded),
    "backup": Job(back_up, backed_up),
    "recipe": Job(mix, mixed),
}


def prepare(folder: Path, job: str) -> int:
    """What must be there before the first try."""
    if job in ("reload", "start", "backup"):
        write_article(folder / "articles", "steady.txt", "一直在这里", STEADY)
        rewrite(folder, 0)
        reload(folder, 0, lambda: None)
    if job == "backup":
        read_askers_key(folder / "var")
        remember(folder / "var", 0, lambda: None)
    return 0


def try_job(job: Job, folder: Path, round_: int, nth: int, error: int) -> int:
    """Do the job with one call failing; return how many calls it made."""
    with mmap.mmap(-1, 1) as steps:  # shared with the fork

        def done() -> None:
            steps[0] += 1

        def work() -> int:
            try:
                job.work(folder, round_, done)
            except CLEAN as refused:
                print(f"{nth}: {type(refused).__name__}: {refused}")
                return REFUSED
            return 0

        def check() -> int:
            job.check(folder, round_, steps[0])
            return 0

        code, calls = run_failing(work, nth, error)
        assert code in (0, REFUSED), f"call {nth} of {calls}: ended with {code}"
        assert code == REFUSED or steps[0], f"call {nth} of {calls}: passed, and acknowledged nothing"
        assert run_apart(check) == 0, f"call {nth} of {calls}: see above"
    return calls


def main() -> int:
    name, error, folder, step = sys.argv[1], getattr(errno, sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    nth, tries = 1, 0
    assert run_apart(lambda: prepare(folder, name)) == 0
    while (calls := try_job(JOBS[name], folder, tries, nth, error)) >= nth:
        tries, nth = tries + 1, nth + step
    print(f"{name}: {tries} of {calls} calls failed once with {sys.argv[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
