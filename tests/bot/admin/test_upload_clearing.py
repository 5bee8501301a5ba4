"""What lies in the folder of uploads: what waits for its button, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.handlers.admin_reload import ReloadHandlers
from bot.handlers.admin_uploads import UploadHandlers
from bot.state.sessions import Uploads, UploadState
from tests.bot.admin.test_upload_commands import TEXT, files_below, send
from tests.support.chat import change, hall


async def test_a_file_that_waits_outlives_a_restart_and_what_a_kill_left_does_not(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await send(room, "步道.txt", TEXT.encode())
        (waiting,) = files_below(room.data / "uploads")
        (room.data / "uploads" / "half").write_bytes(b"x")
        phone = room.phone
    change(tmp_path / "data", "UPDATE uploads SET state = 'published'")  # killed before it was
    async with hall(tmp_path, phone=phone) as room:
        assert files_below(room.data / "uploads") == {waiting}
        assert "已发布为 步道.txt" in await room.press("发布")
        assert files_below(room.data / "uploads") == set()


class PressedMeanwhile(Uploads):
    """Somebody publishes an upload at the moment when it is found to be too old."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def pending(self, before: datetime) -> list[str]:
        found = await self._uploads.pending(before)
        for upload in found:
            await self._uploads.move(upload, UploadState.CHECKED, UploadState.PUBLISHED)
        return found

    async def move(self, upload_id: str, before: UploadState, after: UploadState) -> bool:
        return await self._uploads.move(upload_id, before, after)


@pytest.mark.parametrize("pressed", [False, True])
async def test_a_file_nobody_decided_on_for_a_day_goes_unless_it_is_being_published(
    tmp_path: Path, pressed: bool
) -> None:
    async with hall(tmp_path) as room:
        await send(room, "步道.txt", TEXT.encode())
        room.clock.forward(days=2)
        context = room.side.context
        assert context
        if pressed:
            context = replace(
                context, state=replace(context.state, uploads=PressedMeanwhile(context.state.uploads))
            )
        await UploadHandlers(context, ReloadHandlers(context)).forget_old()
        assert bool(files_below(room.data / "uploads")) == pressed
