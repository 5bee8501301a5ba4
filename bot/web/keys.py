"""What handlers find in the application, by typed key."""

from __future__ import annotations

from aiohttp import web

from bot.conversation.lookup import Lookup

LOOKUP = web.AppKey("lookup", Lookup)
