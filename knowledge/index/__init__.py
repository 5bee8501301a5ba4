"""The rim towards the disk: an index is built into a folder once and then only opened."""

VERSION = 2
"""Raised, once a release, when what the index holds changes: stored snapshots are then built anew, beside the one that serves."""
