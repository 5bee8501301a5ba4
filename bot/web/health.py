"""Alive and ready: what a supervisor and a load balancer ask."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

Check = Callable[[], str | None]


class Health:
    """Named checks; each returns what is wrong, or None."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Watch one more thing."""
        self._checks[name] = check

    def problems(self) -> dict[str, str]:
        """What is wrong now, by name."""
        asked = {name: check() for name, check in self._checks.items()}
        return {name: problem for name, problem in asked.items() if problem}


HEALTH = web.AppKey("health", Health)


async def alive(request: web.Request) -> web.Response:
    """Tell that the process answers at all."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.Response:
    """Tell whether answers can be given; 503 names what is wrong."""
    problems = request.app[HEALTH].problems()
    return web.json_response({"ready": not problems, "problems": problems}, status=503 if problems else 200)
