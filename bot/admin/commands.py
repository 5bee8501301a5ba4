"""Every admin command, press and file, by the name the dialogue finds it under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.admin.context import AdminContext, text_reply
from bot.admin.permissions import AccessRequest, Permission
from bot.errors import StateError
from bot.handlers.admin_people import RoleHandlers
from bot.handlers.admin_reload import CONFIRM, ReloadHandlers
from bot.handlers.admin_uploads import UPLOAD, MetaHandlers, UploadHandlers
from bot.handlers.dispatcher import Handler, PressHandler
from bot.handlers.intents import TypedCommand
from bot.messages import Message, Reply


class AdminCommands:
    """What the dialogue is given."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context
        reloads, people = ReloadHandlers(context), RoleHandlers(context)
        self.uploads = UploadHandlers(context, reloads)
        commands: dict[str, Handler] = {
            Permission.RELOAD: reloads.reload,
            Permission.VERSIONS: reloads.versions,
            Permission.ROLLBACK: reloads.rollback,
            Permission.AUDIT: people.audit,
            Permission.GRANT: people.grant,
            Permission.REVOKE: people.revoke,
            Permission.META: MetaHandlers(context).meta,
            Permission.UPLOAD: self._how_to_upload,
        }
        self.commands: Mapping[str, Handler] = {name: spoken(run) for name, run in commands.items()}
        self.presses: Mapping[str, PressHandler] = {CONFIRM: reloads.confirm, UPLOAD: self.uploads.press}

    async def attachment(self, message: Message) -> Sequence[Reply]:
        """A file that somebody sent."""
        try:
            return await self.uploads.receive(message)
        except StateError as error:
            return [text_reply(str(error))]

    async def _how_to_upload(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        if (refused := await self._context.require(Permission.UPLOAD, message)) is not None:
            return refused
        how = text_reply("把文件直接发给我就行：txt、md、html、docx、pdf 或 zip。")
        return await self._context.audited(Permission.UPLOAD, AccessRequest.of_message(message).actor, how)


def spoken(run: Handler) -> Handler:
    """A command that says why the state could not be used; only who was admitted comes as far as that."""

    async def speaking(message: Message, command: TypedCommand) -> Sequence[Reply]:
        try:
            return await run(message, command)
        except StateError as error:
            return [text_reply(str(error))]

    return speaking
