"""Telegram: polling or webhook into a durable inbox, answers out through a limiter."""
