"""What people do on Feishu and see of it, over the long connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.messages import Attachment, Button, ButtonPress, Chat, ChatType, Reply, Run, Sender, Style
from bot.platforms.client import CallError
from bot.platforms.feishu.service import FeishuService
from tests.bot.feishu.service import serving
from tests.bot.telegram.service import Echo
from tests.feishu.events import ANN, BEN, BOT, GROUP, Json, at_bot, membership, mention, message, press
from tests.feishu.server import Fault, Feishu, feishu
from tests.support.inbox import statuses

MORE = [[Button("上下文", "c:1:0"), Button("原文", "s:1:0")], [Button("更多", "m:1:0")]]
ANSWER = Reply(
    [Run("49.53亿美元\n", Style.BOLD), Run("据统计，达49.53亿美元。\n"), Run("——《题》第51行 · a.txt")], MORE
)
PRIVATE, TOGETHER = Chat("feishu", ANN, ChatType.PRIVATE), Chat("feishu", GROUP, ChatType.GROUP)
NEWS = Reply([Run("消息")])
MESSAGES = "POST /open-apis/im/v1/messages"


class World:
    """Feishu and the bot there."""

    def __init__(self, server: Feishu, service: FeishuService, folder: Path) -> None:
        self.server = server
        self.service = service
        self._folder = folder

    async def bring(self, *events: Json) -> list[str | None]:
        """Bring events one after another, and wait for the end of each; return the ends."""
        ends: list[str | None] = []
        for event in events:
            await self.server.answered(event)
            await self.server.until(lambda: self.ends().get(name(event)))  # noqa: B023  at once
            ends.append(self.ends()[name(event)])
        return ends

    def ends(self) -> dict[str, str | None]:
        return statuses(self._folder, "feishu")


@asynccontextmanager
async def world(folder: Path, talk: Echo | None = None) -> AsyncIterator[World]:
    async with feishu() as server, serving(server, folder, talk or Echo()) as service:
        await server.connected()
        yield World(server, service, folder)


def name(event: Json) -> str:
    return str(event["event"]["message"]["message_id"])


async def test_private_is_answered_and_a_group_only_where_the_bot_is_named(tmp_path: Path) -> None:
    talk = Echo()
    asked, chatted = at_bot("新桥"), message("随便说说", BEN, GROUP)
    other = message("@_user_1 你看", BEN, GROUP, mentions=(mention(BEN, name="本"),))
    async with world(tmp_path, talk) as there:
        ends = await there.bring(message("蕃瓜弄"), asked, chatted, other)
        assert ends == ["answered", "answered", "ignored", "ignored"]
        assert (there.server.texts(ANN), there.server.texts(GROUP)) == (["答：蕃瓜弄"], ["答：新桥"])
    assert [m.text for m in talk.heard] == ["蕃瓜弄", "新桥", "随便说说", "本 你看"]
    assert talk.heard[0].chat == PRIVATE, "a private chat goes by its person"
    assert (talk.heard[1].chat, talk.heard[1].sender.id) == (TOGETHER, ANN)


async def test_a_topic_is_answered_there_and_a_quote_is_one_until_withdrawn(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [Reply([Run("答")], reply_to=m.id)])
    async with world(tmp_path, talk) as there:
        there.server.known.add("om_root")
        topic, plain, gone = (
            at_bot("问", thread_id="omt_1", root_id="om_root", parent_id="om_root"),
            at_bot("问"),
            at_bot("问"),
        )
        await there.bring(topic, plain)
        there.server.fail("/reply", Fault(230011))
        await there.bring(gone)
        said = [(one.reply_to, one.in_thread) for one in there.server.said.values()]
        assert said == [(name(topic), True), (name(plain), False), (None, False)]
        assert talk.heard[0].chat.thread == "om_root"


async def test_what_a_question_replies_to_is_read(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [ANSWER] if m.text == "问" else [Reply([Run("答")])])
    async with world(tmp_path, talk) as there:
        asked = message("别人的话", BEN, GROUP)
        await there.bring(asked, at_bot("问"))
        for parent in (name(asked), next(iter(there.server.said)), "om_gone"):
            there.server.known.add(parent)
            await there.bring(at_bot("", parent_id=parent, root_id=parent))
    others, ours, gone = [m.replied_to for m in talk.heard[2:]]
    assert (others, gone) == ("别人的话", None)
    assert "据统计，达49.53亿美元。" in (ours or "")


async def test_a_card_carries_its_buttons_and_a_press_is_acknowledged_with_its_notice(tmp_path: Path) -> None:
    def pressing(one: ButtonPress) -> Sequence[Reply]:
        return [Reply([Run("上下文在此")], MORE, edits=one.message_id, notice="好")]

    talk = Echo(reply=lambda m: [ANSWER], press_reply=pressing)
    async with world(tmp_path, talk) as there:
        for chat, sender in ((None, ANN), (GROUP, BEN)):
            await there.bring(at_bot("问", sender) if chat else message("问", sender))
            card = [said for said in there.server.said.values() if said.to == (chat or sender)][-1]
            assert card.text.splitlines()[0] == "49.53亿美元"
            assert "——《题》第51行 · a.txt" in card.text
            delivery = await there.server.answered(press(card.button("上下文"), card.id, sender, chat))
            assert delivery.toast == "好"
            await there.server.says(chat or sender, "上下文在此")
            assert card.edits == 1
        assert len(there.server.said) == 2
    assert [(p.data, p.sender.id, p.chat and p.chat.type) for p in talk.pressed] == [
        ("c:1:0", ANN, ChatType.PRIVATE),
        ("c:1:0", BEN, ChatType.GROUP),
    ]


async def test_a_notice_that_comes_late_is_said_as_a_message(tmp_path: Path) -> None:
    class Slow(Echo):
        async def press(self, press: ButtonPress) -> Sequence[Reply]:
            await asyncio.sleep(0.8)  # what Feishu gives leaves 0.7
            return [Reply([], notice="投好了")]

    async with world(tmp_path, Slow(reply=lambda m: [ANSWER])) as there:
        await there.bring(message("问"))
        card = next(iter(there.server.said.values()))
        delivery = await there.server.answered(press(card.button("更多"), card.id))
        assert (delivery.toast, delivery.tries) == (None, 1)
        await there.server.until(lambda: there.server.texts(ANN)[1:] == ["投好了"])


async def test_an_edit_beyond_its_limit_becomes_a_new_message(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    async with world(tmp_path) as there:
        server, send = there.server, there.service.send
        server.clock = lambda: now[0]
        post, card = [await send(PRIVATE, Reply([Run("旧")], buttons)) for buttons in ((), MORE)]
        for number in range(21):
            last = await send(PRIVATE, Reply([Run(f"第{number}次")], edits=post))
        assert last != post
        assert (server.texts(ANN)[0], server.texts(ANN)[2]) == ("第19次", "第20次")
        now[0] += 15 * 86400
        assert await send(PRIVATE, Reply([Run("新")], MORE, edits=card)) != card
        assert server.texts(ANN)[3].startswith("新")


async def test_what_is_said_again_under_the_same_key_is_said_once(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        for key in ("post.1", "post.1", "post.2", None, None):
            await there.service.send(PRIVATE, Reply([Run("消息")], key=key))
        assert there.server.texts(ANN) == ["消息"] * 4


async def test_a_card_that_is_not_taken_is_said_as_text_with_everything_in_it(tmp_path: Path) -> None:
    tables = "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit"
    async with world(tmp_path) as there:
        for code, why in ((230099, tables), (230025, "The length of the message content reaches its limit.")):
            there.server.fail(MESSAGES, Fault(code, 400, why))
            await there.service.send(PRIVATE, ANSWER)
        for text in there.server.texts(ANN):
            assert "——《题》第51行 · a.txt\n1. 上下文\n2. 原文\n3. 更多" in text
        assert {said.kind for said in there.server.said.values()} == {"post"}


async def test_a_citations_link_is_one_in_posts_and_a_button_on_cards(tmp_path: Path) -> None:
    link = "https://paper.example/a?b=(1)"
    async with world(tmp_path) as there:
        for buttons in ((), MORE):
            runs = [Run("句。\n"), Run("——《题》第1行", link=link)]
            await there.service.send(PRIVATE, Reply(runs, buttons))
        post, card = there.server.said.values()
    assert post.content["zh_cn"]["content"][1][0]["href"] == link
    assert card.content["elements"][-1]["actions"][0]["url"] == link


async def test_a_file_a_picture_and_a_post_come_through(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [Reply([Run("图")], picture=b"\x89PNG")])
    async with world(tmp_path, talk) as there:
        there.server.files |= {"f1": b"one", "img_1": b"two"}
        file = message(kind="file", content={"file_key": "f1", "file_name": "../a.txt"})
        lines = [
            [{"tag": "text", "text": "新桥 "}, {"tag": "at", "user_id": "@_user_1"}],
            [{"tag": "text", "text": "多长"}],
        ]
        written = message(kind="post", content={"title": "问", "content": lines}, mentions=(mention(BOT),))
        photo = message(kind="image", content={"image_key": "img_1"})
        await there.bring(file, written, photo)
        sent, said, taken = talk.heard
        assert sent.attachment == Attachment(f"{name(file)}/file/f1", "../a.txt", None)
        assert taken.attachment == Attachment(f"{name(photo)}/image/img_1", f"photo-{name(photo)}.jpg", None)
        for one, content in ((sent, b"one"), (taken, b"two")):
            assert one.attachment is not None
            pieces = [piece async for piece in there.service.download(one.attachment.id, 10)]
            assert b"".join(pieces) == content
        with pytest.raises(CallError):
            _ = [piece async for piece in there.service.download("om_1/file/gone", 10)]
        assert said.text == "问\n新桥 \n多长"
        assert there.server.texts(ANN) == ["图", "[picture]"] * 3


async def test_a_chat_that_put_us_out_is_spoken_to_again_when_it_lets_us_in(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        for kind in ("deleted", "added"):
            await there.server.answered(membership(kind))
            await there.server.until(lambda: all(there.ends().values()))
            assert (await there.service.send(TOGETHER, NEWS) is not None) is (kind == "added")
        assert there.server.texts(GROUP) == ["消息"]


async def test_owner_and_admins_administer_a_group_and_nobody_if_unknown(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        there.server.groups[GROUP] = {"owner_id": ANN, "user_manager_id_list": [BEN]}
        told = [await there.service.administers(TOGETHER, Sender(who)) for who in (ANN, BEN, BOT)]
        assert told == [True, True, False]
        there.server.fail("chats", Fault(232011))
        assert not await there.service.administers(TOGETHER, Sender(ANN))
