"""The rim towards the folder: files become `Document`s, or are skipped with place, reason and remedy."""

VERSION = 2
"""Raised, once a release, when what is read from a file changes: stored snapshots are then built anew, beside the one that serves."""

RECOGNISER = "rapidocr"
"""The library that reads scans, of the extra `ocr`: where it is not installed they are skipped."""

RECOGNISED = "recognised"
"""The folder, beside the snapshots, of what was read in images, which no build need read again."""
