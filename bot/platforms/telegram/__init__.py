"""Telegram: polling or webhook into a durable inbox, answers out through a limiter.

The way of an update: `polling` or `webhook` → `inbox` → `workers` → `adapter` (`translate`, the conversation,
`sending`) → an ending in `inbox`. `service` builds it all.
"""
