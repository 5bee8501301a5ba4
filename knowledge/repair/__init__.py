"""Pure repair: a `Document`'s broken lines become articles and facts, with a log of every change."""

VERSION = 2
"""Raised, once a release, when what becomes of a document's lines changes: stored snapshots are then built anew, beside the one that serves."""
