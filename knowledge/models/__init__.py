"""The shipped model files, each with its card: made from what, by which command, how good, how large."""
