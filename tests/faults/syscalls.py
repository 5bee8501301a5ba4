"""The Nth call to the system fails, whoever makes it: Python, SQLite, the index library.

A filter of the kernel (seccomp, `seccomp_unotify(2)`) asks us about each call of a forked process; we let it pass or
answer with an error. x86-64 Linux only.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable

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
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    subscriber: int = system.syscall(_SECCOMP, 1, _LISTEN, header)
    if subscriber < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
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
