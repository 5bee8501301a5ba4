"""Answers to replies: runs of text in the reader's language, for any platform."""
