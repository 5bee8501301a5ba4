"""Every call to the system that publishing makes fails once, in every way: old or new, never a part."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import KnowledgeError
from knowledge.snapshots.manifest import Figures, Manifest, seal
from knowledge.snapshots.versions import Versions

CALLS = [(os, "open"), (os, "fsync"), (os, "mkdir"), (os, "rename"), (os, "replace"), (fcntl, "flock")]


class NthFails:
    """Counts calls to the system, and lets one fail."""

    def __init__(self, nth: int, error: int) -> None:
        self.left = nth
        self._error = error

    def wrap(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(self._error, os.strerror(self._error))
            return real(*args, **more)

        return call


def publish(versions: Versions, text: str) -> None:
    with versions.workshop() as folder:
        (folder / "part").write_text(text, encoding="utf-8")
        seal(folder, Manifest("listing", "recipe", 0.0, Figures()))
        versions.publish(folder)
    versions.prune()


def served(versions: Versions) -> str:
    with versions.hold(versions.candidates()[0]) as stored:
        return (stored.folder / "part").read_text(encoding="utf-8")


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EMFILE, errno.EACCES, errno.EROFS])
def test_old_or_new_is_served_whichever_call_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    versions = Versions(tmp_path / "snapshots", keep=2)
    publish(versions, "0")
    for nth in range(1, 200):
        before = served(versions)
        failing = NthFails(nth, error)
        with monkeypatch.context() as system:
            for module, name in CALLS:
                system.setattr(module, name, failing.wrap(getattr(module, name)))
            try:
                publish(versions, str(nth))
                failed = False
            except (KnowledgeError, OSError):
                failed = True
        assert served(versions) in ((before, str(nth)) if failed else (str(nth),))
        versions.prune()
        if failing.left > 0:
            assert nth > 10
            break
    else:
        pytest.fail("publishing never came to its end")
    versions.collect()
    publish(versions, "last")
    assert served(versions) == "last"
    assert len(versions.names()) <= 3
