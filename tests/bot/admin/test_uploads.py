"""A file sent in chat: kept aside, checked, shown, published or discarded."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.admin.knowledge import preview_file
from bot.admin.uploads import LIMIT, UploadService, UploadStore, shown_name, stored_name
from bot.messages import Attachment
from bot.state.sessions import Uploads, UploadState
from bot.texts import phrases
from tests.contract.fake import FakePlatform
from tests.support.chat import EDITOR, REPORTED, SAID, STRANGER, Hall, change, hall
from tests.support.words import examples

TEXT = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n居民们都说这里变了样。\n"
SHORT = "新步道建成\n苏州河边建成了新的步道，共有三公里长。\n"


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


async def test_a_discarded_file_leaves_nothing_and_only_who_sent_it_decides(room: Hall) -> None:
    await room.say("/grant 8")
    await send(room, "步道.txt", TEXT.encode())
    (kept,) = (room.data / "uploads").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert SAID.not_yours in await room.press(SAID.publish, EDITOR)
    assert "已丢弃" in await room.press(SAID.discard)
    assert SAID.upload_decided in await room.press(SAID.publish)
    assert files_below(room.data / "uploads") == set()
    assert "步道.txt" not in files_below(room.articles)


async def test_a_replaced_article_keeps_its_history(room: Hall) -> None:
    before = (room.articles / "000.txt").read_bytes()
    assert "替换现有" in await send(room, "000.txt", TEXT.encode())
    await room.press(SAID.publish)
    assert (room.articles / "000.txt").read_bytes() == TEXT.encode()
    (kept,) = (room.data / "history" / "000.txt").iterdir()
    assert kept.read_bytes() == before


async def test_of_a_stranger_or_where_it_claims_to_be_too_big_nothing_is_fetched(room: Hall) -> None:
    assert await send(room, "步道.txt", TEXT.encode(), sender=STRANGER) == phrases(None).no_files
    assert [(e.actor, e.act, e.outcome) for e in await room.audit()] == [("telegram:9", "upload", "refused")]
    assert SAID.too_big.format(LIMIT >> 20) in await send(room, "big.txt", TEXT.encode(), size=LIMIT + 1)
    assert not (room.data / "uploads").exists()


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


async def test_what_cannot_be_read_or_streams_on_is_refused_with_its_reason_and_kept_nowhere(
    room: Hall,
) -> None:
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


async def test_a_file_of_which_only_a_part_came_is_said_to_be_missing_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path, phone=Stalling()) as room:
        assert SAID.unfetched in await send(room, "步道.txt", TEXT.encode())
        assert files_below(room.data / "uploads") == set()


async def test_a_file_that_would_take_half_of_what_is_there_is_taken_back_until_that_is_confirmed(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path, count=1) as room:
        before = (room.articles / "000.txt").read_bytes()
        await send(room, "000.txt", SHORT.encode())
        said = await room.press(SAID.publish)
        assert "少了一半以上" in said and SAID.taken_back in said
        assert (room.articles / "000.txt").read_bytes() == before and len(room.texts()) == 3
        said = await room.press(SAID.anyway)
        assert REPORTED["published"].format(version="000002") in said and "已发布为 000.txt" in said
        assert (room.articles / "000.txt").read_bytes() == SHORT.encode() and len(room.texts()) == 1
        (kept,) = (room.data / "history" / "000.txt").iterdir()
        assert kept.read_bytes() == before and files_below(room.data / "uploads") == set()
        assert SAID.upload_decided in await room.press(SAID.anyway)
        outcomes = [e.outcome for e in await room.audit() if e.act == "upload"]
        assert outcomes == ["checked", "failed", "published"]


async def test_what_was_confirmed_of_a_file_holds_only_for_what_was_said_then(room: Hall) -> None:
    for n in range(3):
        (room.articles / f"{n:03d}.txt").unlink()
    await send(room, "步道.txt", TEXT.encode())
    assert "句子从 12 减到 5" in await room.press(SAID.publish)
    (room.articles / "003.txt").unlink()
    assert "文章从 4 减到 1" in await room.press(SAID.anyway)
    assert "步道.txt" not in files_below(room.articles) and len(room.texts()) == 12
    assert "已丢弃" in await room.press(SAID.discard)


async def test_meta_writes_the_sidecar_and_keeps_what_it_said_before(room: Hall) -> None:
    assert "已写入 000.txt.toml" in await room.say("/meta 000.txt 日期=2023-07-01 报纸=文汇报")
    await room.say('/meta 000.txt 版次=3"版 地址=https://example.org/a 作者=张三 来源=新华社')
    written = (room.articles / "000.txt.toml").read_text(encoding="utf-8")
    assert written == (
        'newspaper = "文汇报"\ndate = 2023-07-01\nedition = "3\\"版"\nurl = "https://example.org/a"\n'
        'author = "张三"\nsource = "新华社"\n'
    )
    await room.say("/reload")
    with room.knowledge.store.lease() as snapshot:
        (article,) = [a for a in snapshot.articles() if a.file == "000.txt"]
    assert article.metadata is not None and article.metadata.newspaper == "文汇报"


async def test_meta_refuses_what_is_no_article_or_no_value(room: Hall) -> None:
    for command, said in (
        ("/meta ../../etc/passwd 报纸=文汇报", "没有这个文件"),
        ("/meta 000.txt 日期=去年", "日期"),
        ("/meta 000.txt 地址=javascript:alert(1)", "地址|url"),
        ("/meta 000.txt", "用法"),
        ("/meta", "用法"),
    ):
        answer = await room.say(command)
        assert any(word in answer for word in said.split("|")), answer
    assert not list(room.articles.glob("*.toml"))


async def test_a_file_that_waits_outlives_a_restart_and_what_a_kill_left_does_not(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await send(room, "步道.txt", TEXT.encode())
        (waiting,) = files_below(room.data / "uploads")
        (room.data / "uploads" / "half").write_bytes(b"x")
        phone = room.phone
    await change(tmp_path / "data", "UPDATE uploads SET state = 'published'")  # killed before it was
    async with hall(tmp_path, phone=phone) as room:
        assert files_below(room.data / "uploads") == {waiting}
        assert "已发布为 步道.txt" in await room.press(SAID.publish)
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
    room: Hall, pressed: bool
) -> None:
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
