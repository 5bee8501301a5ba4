"""aiogram's models, each built when it is first asked: all 300 at once cost every worker of the tests three seconds."""

from __future__ import annotations

from typing import Any, Literal, Optional, TypeVar, Union
from unittest.mock import patch

from pydantic import BaseModel

with patch.object(BaseModel, "model_rebuild", classmethod(lambda model, **_: None)):
    from aiogram import methods, types
from aiogram.client.default import Default

assert not types.StarTransaction.__pydantic_complete__, "whoever imported aiogram before has built them all"

Model = TypeVar("Model", bound=BaseModel)
_NAMES: dict[str, Any] = {
    "List": list,
    "Optional": Optional,
    "Union": Union,
    "Literal": Literal,
    "Default": Default,
}
_NAMES |= {name: getattr(types, name) for name in types.__all__}


def whole(model: type[Model]) -> type[Model]:
    """The model with all that its fields name."""
    model.model_rebuild(_types_namespace=_NAMES)
    return model


Method = methods.TelegramMethod[Any]
Update = whole(types.Update)
SERVED: dict[str, type[Method]] = {
    model.__api_method__: whole(model)
    for model in (
        methods.AnswerCallbackQuery,
        methods.AnswerInlineQuery,
        methods.DeleteWebhook,
        methods.EditMessageText,
        methods.GetChatMember,
        methods.GetFile,
        methods.GetMe,
        methods.GetUpdates,
        methods.GetWebhookInfo,
        methods.SendMessage,
        methods.SendPhoto,
        methods.SetMyCommands,
        methods.SetWebhook,
    )
}
