"""The handlers beside the readers', built over the admin side and over what learns."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.admin.wiring import AdminModule
from bot.errors import StateError
from bot.feedback.wiring import FeedbackModule
from bot.handlers.admin_content import POINT, QUESTION, FeedbackHandlers
from bot.handlers.admin_people import RoleHandlers
from bot.handlers.admin_reload import CONFIRM, ReloadHandlers
from bot.handlers.admin_uploads import UPLOAD, MetaHandlers, UploadHandlers
from bot.handlers.answers import HOPE
from bot.handlers.dispatcher import HandlerSet, PressHandler
from bot.handlers.subscriptions import UNWATCH, AlertHandlers, WatchHandlers
from bot.ports import GroupAdmins
from bot.runtime import background, periodic

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds


@asynccontextmanager
async def open_handlers(
    admin: AdminModule, feedback: FeedbackModule | None, administrators: GroupAdmins
) -> AsyncIterator[HandlerSet]:
    """Build what the shared state allows; without it only the guard, which says so."""
    context = admin.context
    if context is None or feedback is None:
        yield HandlerSet(guard=admin.guard)
        return
    reloads, watches = ReloadHandlers(context), WatchHandlers(feedback.watches, administrators)
    uploads, alerts = UploadHandlers(context, reloads), AlertHandlers(feedback.unanswered, feedback.forget)
    content = FeedbackHandlers(context, feedback.unanswered, feedback.aliases, feedback.usage)
    presses: dict[str, PressHandler] = {
        CONFIRM: reloads.confirm,
        UPLOAD: uploads.press,
        HOPE: alerts.subscribe,
        UNWATCH: watches.press,
        QUESTION: content.press,
        POINT: content.pin,
    }
    handlers = (reloads, uploads, MetaHandlers(context), RoleHandlers(context), content, alerts, watches)
    admin.reload_trigger.on_report = reloads.announce
    await _sweep(uploads)
    forgetting = periodic(
        TIDY, uploads.forget_old, StateError, OSError, what="old uploads could not be forgotten"
    )
    async with background(forgetting):
        yield HandlerSet(handlers, presses, uploads.receive, admin.guard)


async def _sweep(uploads: UploadHandlers) -> None:
    try:
        await uploads.sweep()
    except (StateError, OSError) as error:
        log.warning("what broken uploads left could not be cleared: %s", error)
