"""`python -m tests.support.prepared SOCKET`: a console that has everything loaded, and forks for each command.

A command of the tests costs what it does, and not a second of imports each time; its process is as new as any other but
for them and for the seed of its hashes. It ends without taking everything apart, which would copy what forks share.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from importlib import import_module
from typing import NoReturn

from bot.cli import main

LOADED = (
    "bot.app",
    "bot.terminal.console",
    "knowledge.documents.html",
    "knowledge.documents.markdown",
    "knowledge.documents.ocr",
    "knowledge.repair.pipeline",
    "knowledge.snapshots.build",
    "knowledge.snapshots.worker",
    "numpy.ma",
    "rjieba",
)
MOST = 1 << 20  # bytes of an order
STREAMS = 3


def fork_for_each(asking: socket.socket) -> list[str] | None:
    """Serve until nobody asks any more; in a fork, return the command that it is to run."""
    while True:
        order, streams, _, _ = socket.recv_fds(asking, MOST, STREAMS)
        if not order:
            return None
        child = os.fork()
        told = json.loads(order)
        if not child:
            asking.close()
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            os.chdir(told["cwd"])
            os.environ.clear()
            os.environ.update(told["env"])
            return list(told["arguments"])
        for stream in streams:
            os.close(stream)
        asking.sendall(json.dumps({"pid": child}).encode() + b"\n")
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        asking.sendall(json.dumps({"code": code}).encode() + b"\n")


def run_and_exit(arguments: list[str]) -> NoReturn:
    """Run a command; all threads of ours end with it."""
    try:
        code = main(arguments)
    except SystemExit as ended:  # as argparse does
        assert ended.code is None or isinstance(ended.code, int)
        code = ended.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for module in LOADED:
        import_module(module)
    gc.collect()
    gc.freeze()
    given = fork_for_each(socket.socket(fileno=int(sys.argv[1])))
    if given is not None:
        run_and_exit(given)
