"""Calls of a bot, read strictly: what aiogram's model of the method does not know or take is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from tests.botapi.faults import Refusal
from tests.botapi.models import SERVED, Method

FILES = ("photo", "certificate")


@dataclass
class Call:
    """One call of the bot: what it asked for, when, and what became of it."""

    method: str
    parameters: dict[str, Any]
    at: float
    files: dict[str, bytes] = field(default_factory=dict)
    result: Any = None
    refused: Refusal | None = None

    @property
    def chat(self) -> int | None:
        return self.parameters.get("chat_id")

    @property
    def text(self) -> str:
        return str(self.parameters.get("text", ""))


async def read_call(request: web.Request, call: Call) -> None:
    """Read what a call asks for; form and JSON bodies are both right.

    Raises:
        Refusal: unknown method, unknown or wrong parameter.
    """
    if call.method not in SERVED:
        raise Refusal(404, f"Not Found: method {call.method}")
    model = SERVED[call.method]
    if request.content_type == "application/json":
        call.parameters = dict(await request.json())
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                call.files[name] = value.file.read()
            else:
                call.parameters[name] = _parse(str(value), model, name)
    known = set(model.model_fields) | {f.alias for f in model.model_fields.values()}
    if unknown := {*call.parameters, *call.files} - known:
        raise Refusal(400, f"Bad Request: unknown parameters {sorted(unknown)}")
    given = {name: value for name, value in call.parameters.items() if name not in FILES}
    try:
        model.model_validate({**given, **dict.fromkeys(call.files, "attached")}, context={"bot": None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refusal(400, f"Bad Request: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _parse(value: str, model: type[Method], name: str) -> Any:
    """Forms carry strings; numbers, lists and objects in them are JSON."""
    annotation = str(model.model_fields[name].annotation) if name in model.model_fields else ""
    if annotation in ("<class 'str'>", "str | None", "typing.Optional[str]"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
