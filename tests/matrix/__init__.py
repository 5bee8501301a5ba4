"""A small, strict Matrix homeserver for tests: rooms, /sync with gaps, transactions, media, and faults on request."""
