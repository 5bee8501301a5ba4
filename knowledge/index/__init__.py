"""The rim towards the disk: an index is built into a folder once and then only opened."""
