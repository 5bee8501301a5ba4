"""`/grant`, `/revoke`, `/audit`: who may what, and who did what."""

from __future__ import annotations

from collections.abc import Sequence

from bot.admin.context import AdminContext, text_reply
from bot.admin.permissions import AccessRequest, Permission, Role
from bot.admin.reports import audit_line, moment
from bot.handlers.intents import TypedCommand
from bot.messages import Message, Reply
from bot.state.people import Granted

ROWS = 20
MOST_ROWS = 100


class RoleHandlers:
    """Owners' commands about people."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    async def grant(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/grant 12345` makes an editor; `/grant` alone lists them."""
        actor = AccessRequest.of_message(message).actor
        if not command.rest:
            return await self._context.audited(Permission.GRANT, actor, text_reply(await self._editors()))
        person = self._person(message, command.rest)
        if person is None:
            return [text_reply("用法：/grant 12345，写对方的数字 id；不能用 @名字。")]
        platform = message.chat.platform
        await self._context.state.roles.grant(
            Granted(platform, person, Role.EDITOR, actor, self._context.clock())
        )
        await self._context.audit_log.write(
            actor, Permission.GRANT, "done", f"{platform}:{person} {Role.EDITOR}"
        )
        return [text_reply(f"{person} 现在是编辑，可以上传、写附注和重载。")]

    async def revoke(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/revoke 12345`."""
        person = self._person(message, command.rest)
        if person is None:
            return [text_reply("用法：/revoke 12345，写对方的数字 id。")]
        actor, platform = AccessRequest.of_message(message).actor, message.chat.platform
        had = await self._context.state.roles.revoke(platform, person)
        await self._context.audit_log.write(
            actor, Permission.REVOKE, "done" if had else "nothing", f"{platform}:{person}"
        )
        return [text_reply(f"{person} 不再是编辑。" if had else f"{person} 本来就不是编辑。")]

    async def audit(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/audit`, or `/audit 50`; says too whether the log is whole."""
        wanted = int(command.rest) if command.rest.isascii() and command.rest.isdigit() else ROWS
        await self._context.audit_log.write(
            AccessRequest.of_message(message).actor, Permission.AUDIT, "shown"
        )
        rows = await self._context.state.audit.last(max(1, min(wanted, MOST_ROWS)))
        broken = await self._context.state.audit.first_broken()
        head = "记录完整。" if broken is None else f"注意：第 {broken} 行起与前文不符，记录被改动过。"
        return [text_reply("\n".join([head, *map(audit_line, rows)]))]

    async def _editors(self) -> str:
        editors = await self._context.state.roles.all()
        rows = [f"{g.platform} {g.person}（{moment(g.granted_at)} 由 {g.granted_by} 任命）" for g in editors]
        return "\n".join(["编辑：", *rows]) if rows else "还没有编辑。/grant 12345 任命一位。"

    def _person(self, message: Message, typed: str) -> str | None:
        try:
            return self._context.platforms.person_id(message.chat.platform, typed)
        except (ValueError, LookupError):
            return None
