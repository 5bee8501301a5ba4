"""Many things, one after the other: in batches, and by helpers, which are forks of this process."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import BinaryIO, TypeAlias, TypeVar

from knowledge.errors import blames_machine

BATCH, LEAST = 1 << 18, 1 << 12
"""Bytes of the files that are worked on together, and what each counts for at least."""

_Reduce: TypeAlias = Callable[[object], tuple[type, tuple[object, ...]]]
"""What pickling asks of an object: what to call to have it again, and with what."""

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def in_batches(things: Iterable[Thing], size: Callable[[Thing], int]) -> Iterator[list[Thing]]:
    """Yield things in their order, as many together as come to `BATCH` bytes."""
    batch: list[Thing] = []
    full = 0
    for thing in things:
        batch.append(thing)
        full += max(LEAST, size(thing))
        if full >= BATCH:
            yield batch
            batch, full = [], 0
    if batch:
        yield batch


@contextmanager
def helped(
    things: Sequence[Thing], work: Callable[[Thing], Result], helpers: int
) -> Iterator[Iterator[tuple[Thing, Result | None]]]:
    """Lend each thing with what work makes of it, None where its helper is gone: then whoever asked does it.

    Helper n of k does every k-th thing from n on, and waits where nobody takes what it has done, so little is held at
    once. Only for a process of one thread: it forks.
    """
    with ExitStack() as held:
        streams = [
            held.enter_context(_helper(things[first::helpers], work))
            for first in range(helpers if things else 0)
        ]

        def results() -> Iterator[tuple[Thing, Result | None]]:
            gone: set[int] = set()
            for number, thing in enumerate(things):
                at = number % max(1, helpers)
                result: Result | None = None
                if streams and at not in gone:
                    try:
                        result = pickle.load(streams[at])  # noqa: S301 our own fork wrote it
                    except (EOFError, pickle.UnpicklingError):
                        logging.getLogger(__name__).warning(
                            "a helper of the build ended; what it had is done without"
                        )
                        gone.add(at)
                yield thing, result

        yield results()


@contextmanager
def _helper(things: Sequence[Thing], work: Callable[[Thing], Result]) -> Iterator[BinaryIO]:
    """Start one; it ends when its things are done, when nobody reads any more, or over what is the machine's fault."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        with suppress(BaseException), os.fdopen(writing, "wb") as out:
            _serve(things, work, out)
        os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as stream:
            yield stream
    finally:
        os.waitpid(child, 0)


class _Reducers(dict[type, _Reduce]):
    """Dataclasses as calls with their fields: half the time that pickle's own way takes, which asks for their states."""

    def __missing__(self, kind: type) -> _Reduce:
        if not is_dataclass(kind) or len(fields(kind)) < 2 or not all(field.init for field in fields(kind)):
            raise KeyError(kind)
        read = attrgetter(*(field.name for field in fields(kind)))

        def reduce(one: object) -> tuple[type, tuple[object, ...]]:
            return kind, read(one)

        self[kind] = reduce
        return reduce


def _serve(things: Sequence[Thing], work: Callable[[Thing], Result], out: BinaryIO) -> None:
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _Reducers()
    for thing in things:
        try:
            result = work(thing)
        except BaseException as error:
            if not blames_machine(error):
                logging.getLogger(__name__).exception("a helper of the build failed over %s", thing)
            return
        pickler.dump(result)
        pickler.clear_memo()
        out.flush()
