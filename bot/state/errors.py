"""What can be wrong with the shared state."""

from __future__ import annotations


class StateError(Exception):
    """The shared state cannot be used; the text says where, why and what to do."""


class StateDamaged(StateError):
    """The database is not whole; nothing was written to it."""


class StateTooNew(StateError):
    """The database was written by a newer version of the program."""


class StateClosed(StateError):
    """The database cannot be written: the disk is full, or the folder is read-only."""
