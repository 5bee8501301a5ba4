"""`python -m tests.support.prepared SOCKET`: a console that has everything loaded, and forks for each command.

A command of the tests costs what it does, and not a second of imports each time; its process is as new as any other but
for them and for the seed of its hashes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

import bot.app
import bot.offline
import bot.terminal.console
import knowledge.snapshots.worker
from bot.cli import main

LOADED = (bot.app, bot.offline, bot.terminal.console, knowledge.snapshots.worker)
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


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    arguments = fork_for_each(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(0 if arguments is None else main(arguments))
