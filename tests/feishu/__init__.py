"""A small, strict Feishu for tests: token, long connection with redelivery, messages, cards, files, and faults on request."""
