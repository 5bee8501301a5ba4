"""A file sent in chat: kept aside, checked, shown, published or discarded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.admin.knowledge import preview_file
from bot.admin.uploads import LIMIT, UploadService, UploadStore, shown_name, stored_name
from bot.messages import Attachment
from bot.state.sessions import Uploads, UploadState
from tests.contract.fake import FakePlatform
from tests.support.chat import SAID, STRANGER, Hall, hall
from tests.support.words import examples

TEXT = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n居民们都说这里变了样。\n"


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def send(room: Hall, name: str, *pieces: bytes, size: int | None = None, sender: str = "7") -> str:
    room.phone.files["f1"] = pieces
    return await room.say("", sender, attachment=Attachment("f1", name, size))


async def test_a_file_is_shown_with_its_first_facts_then_published_and_found(tmp_path: Path) -> None:
    async with hall(tmp_path, preview=preview_file) as room:
        said = await send(room, "步道.txt", TEXT.encode())
        assert (
            "1 篇文章，2 句" in said
            and "第2行：苏州河边" in said
            and SAID.stored_as.format("步道.txt") in said
        )
        assert "步道.txt" not in files_below(room.articles)
        assert "已发布为 步道.txt" in await room.press(SAID.publish)
        assert (room.articles / "步道.txt").read_bytes() == TEXT.encode()
        assert "苏州河边建成了新的步道" in await room.say("苏州河边 步道", STRANGER)
        assert files_below(room.data / "uploads") == set()
        assert [e.outcome for e in await room.audit() if e.act == "upload"] == ["checked", "published"]


@examples("name", "stored")
def test_a_name_is_never_a_path(name: str, stored: str) -> None:
    name, stored = (one.format(long="长" * 300, short="长" * 40) for one in (name, stored))
    assert stored_name(name) == stored
    assert not set("\u202e\n") & set(shown_name(name))


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("../../a.txt", b"0" * 300_000_000)
    return packed.getvalue()


async def test_what_cannot_be_read_or_streams_on_is_refused_and_kept_nowhere(room: Hall) -> None:
    noise, broken = bytes(range(256)) * 40, b"%PDF-1.7\nnothing"
    for name, data in (("bomb.zip", bomb()), ("noise.txt", noise), ("broken.pdf", broken)):
        said = await send(room, name, data)
        assert "没有收下" in said and name in said
        assert files_below(room.data / "uploads") == set()
    assert SAID.too_big.format(LIMIT >> 20) in await send(room, "big.txt", *[b"x" * (1 << 20)] * 21, size=100)
    assert files_below(room.data / "uploads") == set()
    assert not [b for r in room.phone.sent for row in r.buttons for b in row]


class Stalling(FakePlatform):
    """Gives a piece of a file and no more."""

    async def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        yield TEXT.encode()[:9]
        raise RuntimeError("no file: ServerTimeoutError")


async def test_a_file_of_which_a_part_came_is_missing_and_leaves_nothing(tmp_path: Path) -> None:
    async with hall(tmp_path, phone=Stalling()) as room:
        assert SAID.unfetched in await send(room, "步道.txt", TEXT.encode())
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
async def test_a_file_undecided_for_a_day_goes_unless_being_published(room: Hall, pressed: bool) -> None:
    await send(room, "步道.txt", TEXT.encode())
    room.clock.forward(days=2)
    context = room.side.context
    assert context
    rows = PressedMeanwhile(context.state.uploads) if pressed else context.state.uploads
    files = UploadStore(room.data, room.articles)
    await UploadService(
        rows, files, context.platforms, context.audit_log, room.clock, preview_file
    ).forget_old()
    assert bool(files_below(room.data / "uploads")) == pressed
