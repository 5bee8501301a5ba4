"""What keeps the bot from starting: each text is one Chinese line that says what to do."""

from __future__ import annotations

WRONG_SETTINGS = 78  # the exit code that says so: EX_CONFIG of sysexits.h


class StartError(Exception):
    """The bot cannot start as it is set up."""


class SettingsError(StartError):
    """A setting is wrong; the text names it."""


class CannotListen(StartError):
    """An address cannot be bound."""


class CannotStore(StartError):
    """The file that must hold what comes in cannot be written."""
