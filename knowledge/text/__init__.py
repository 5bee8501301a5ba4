"""What is known about Chinese characters and words, for every other room: pure and without articles."""

VERSION = 2
"""Raised, once a release, when how characters are folded or words cut changes: stored snapshots are then built anew, beside the one that serves."""
