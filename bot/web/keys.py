"""What handlers find in the application, by typed key."""

from __future__ import annotations

from aiohttp import web

from bot.query_service import QueryService

LOOKUP = web.AppKey("lookup", QueryService)
