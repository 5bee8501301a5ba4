"""`/grant`, `/revoke`, `/audit`: who may what, and who did what."""

from __future__ import annotations

from collections.abc import Sequence

from bot.admin.context import AdminContext, text_reply
from bot.admin.permissions import Permission, Role
from bot.admin.reports import audit_line, moment
from bot.handlers.admin_reload import admin_phrases
from bot.handlers.intents import TypedCommand
from bot.messages import Message, Reply
from bot.state.people import Granted
from bot.texts.phrases import AdminPhrases

ROWS = 20
MOST_ROWS = 100


class RoleHandlers:
    """Owners' commands about people."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    async def grant(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/grant 12345` or `/grant platform:id` makes an editor; `/grant` alone lists them."""
        said, actor = admin_phrases(message.sender), message.actor
        if not command.rest:
            return await self._context.audited(Permission.GRANT, actor, text_reply(await self._editors(said)))
        named = self._person(message, command.rest)
        if named is None:
            return [text_reply(said.grant_usage)]
        platform, person = named
        await self._context.state.roles.grant(
            Granted(platform, person, Role.EDITOR, actor, self._context.clock())
        )
        await self._context.audit_log.write(
            actor, Permission.GRANT, "done", f"{platform}:{person} {Role.EDITOR}"
        )
        return [text_reply(said.granted.format(person))]

    async def revoke(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/revoke 12345` or `/revoke platform:id`."""
        said = admin_phrases(message.sender)
        named = self._person(message, command.rest)
        if named is None:
            return [text_reply(said.revoke_usage)]
        (platform, person), actor = named, message.actor
        had = await self._context.state.roles.revoke(platform, person)
        await self._context.audit_log.write(
            actor, Permission.REVOKE, "done" if had else "nothing", f"{platform}:{person}"
        )
        return [text_reply((said.revoked if had else said.was_none).format(person))]

    async def audit(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/audit`, or `/audit 50`; says too whether the log is whole."""
        wanted = int(command.rest) if command.rest.isascii() and command.rest.isdigit() else ROWS
        await self._context.audit_log.write(message.actor, Permission.AUDIT, "shown")
        rows = await self._context.state.audit.last(max(1, min(wanted, MOST_ROWS)))
        broken = await self._context.state.audit.first_broken()
        said = admin_phrases(message.sender)
        head = said.audit_whole if broken is None else said.audit_broken.format(broken)
        return [text_reply("\n".join([head, *(audit_line(row, said) for row in rows)]))]

    async def _editors(self, said: AdminPhrases) -> str:
        editors = await self._context.state.roles.all()
        rows = [
            said.editor.format(one.platform, one.person, moment(one.granted_at), one.granted_by)
            for one in editors
        ]
        return "\n".join([said.editors, *rows]) if rows else said.no_editors

    def _person(self, message: Message, typed: str) -> tuple[str, str] | None:
        """The platform and the id of whom somebody names: by an id of this platform, or as `/whoami` says it."""
        platform, colon, person = typed.partition(":")
        for where, name in ((message.chat.platform, typed), (platform, person if colon else "")):
            try:
                return where, self._context.platforms.person_id(where, name)
            except (ValueError, LookupError):
                continue
        return None
