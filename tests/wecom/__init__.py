"""A small, strict WeCom gateway for tests: one long connection a bot, acknowledgements, limits, and faults on request."""
