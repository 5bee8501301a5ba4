"""What people do on Feishu and see of it, over the long connection and by callback: signed, sealed, from nobody else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.messages import (
    Attachment,
    Button,
    ButtonPress,
    Chat,
    ChatType,
    Conversation,
    Reply,
    Run,
    Sender,
    Style,
)
from bot.state.sqlite_inbox import read_statuses
from tests.bot.feishu.service import ENCRYPT, VERIFICATION, serving, site
from tests.bot.telegram.service import Echo
from tests.feishu.events import ANN, BEN, BOT, GROUP, Json, at_bot, membership, mention, message, press
from tests.feishu.server import Delivery, Fault, Feishu, feishu

MORE = [[Button("上下文", "c:1:0"), Button("原文", "s:1:0")], [Button("更多", "m:1:0")]]
ANSWER = Reply(
    [Run("49.53亿美元\n", Style.BOLD), Run("据统计，达49.53亿美元。\n"), Run("——《题》第51行 · a.txt")], MORE
)


def endings(folder: Path) -> dict[str, str | None]:
    return {name: status for name, (status, _) in read_statuses(folder / "inbox.sqlite", "feishu").items()}


async def ended(server: Feishu, folder: Path, event: Json) -> None:
    """Wait until a message has been dealt with."""
    await server.until(lambda: endings(folder).get(name(event)))


def name(event: Json) -> str:
    return str(event["event"]["message"]["message_id"])


async def test_private_is_answered_and_a_group_only_where_the_bot_is_named(tmp_path: Path) -> None:
    talk = Echo()
    async with feishu() as server, serving(server, tmp_path, talk):
        await server.connected()
        asked, chatted, other = (
            at_bot("新桥"),
            message("随便说说", BEN, GROUP),
            message("@_user_1 你看", BEN, GROUP, mentions=(mention(BEN, name="本"),)),
        )
        for event in (message("蕃瓜弄"), asked, chatted, other):
            await server.answered(event)
        await server.until(lambda: len([e for e in endings(tmp_path).values() if e]) == 4)
        assert server.texts(ANN) == ["答：蕃瓜弄"]
        assert server.texts(GROUP) == ["答：新桥"]
        assert [m.text for m in talk.heard] == ["蕃瓜弄", "新桥", "随便说说", "本 你看"]
        assert [endings(tmp_path)[name(event)] for event in (chatted, other)] == ["ignored"] * 2
        private, group = talk.heard[0].chat, talk.heard[1].chat
        assert (private.type, private.id) == (ChatType.PRIVATE, ANN), "a private chat goes by its person"
        assert (group.type, group.id, talk.heard[1].sender.id) == (ChatType.GROUP, GROUP, ANN)


async def test_a_topic_is_answered_in_the_topic_and_a_quote_is_a_quote(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [Reply([Run("答")], reply_to=m.id)])
    async with feishu() as server, serving(server, tmp_path, talk):
        await server.connected()
        server.known.add("om_root")
        topic = at_bot("问", thread_id="omt_1", root_id="om_root", parent_id="om_root")
        plain = at_bot("问")
        for event in (topic, plain):
            await server.answered(event)
            await ended(server, tmp_path, event)
        first, second = server.said.values()
        assert (first.reply_to, first.in_thread) == (name(topic), True)
        assert (second.reply_to, second.in_thread) == (name(plain), False)
        assert talk.heard[0].chat.thread == "om_root"


async def test_what_a_question_replies_to_is_read(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [ANSWER] if m.text == "问" else [Reply([Run("答")])])
    async with feishu() as server, serving(server, tmp_path, talk):
        await server.connected()
        asked = message("别人的话", BEN, GROUP)
        for event in (asked, at_bot("问")):
            await server.answered(event)
            await ended(server, tmp_path, event)
        card = next(iter(server.said))
        for parent in (name(asked), card, "om_gone"):
            server.known.add(parent)
            event = at_bot("", parent_id=parent, root_id=parent)
            await server.answered(event)
            await ended(server, tmp_path, event)
        told = [m.replied_to for m in talk.heard[2:]]
        assert (told[0], told[2]) == ("别人的话", None)
        assert "据统计，达49.53亿美元。" in (told[1] or "")


async def test_a_card_carries_its_buttons_and_a_press_is_acknowledged_with_its_notice(tmp_path: Path) -> None:
    pressed: list[ButtonPress] = []

    def pressing(one: ButtonPress) -> Sequence[Reply]:
        pressed.append(one)
        return [Reply([Run("上下文在此")], MORE, edits=one.message_id, notice="好")]

    async with (
        feishu() as server,
        serving(server, tmp_path, Echo(reply=lambda m: [ANSWER], press_reply=pressing)),
    ):
        await server.connected()
        for chat, sender in ((None, ANN), (GROUP, BEN)):
            await server.answered(at_bot("问", sender) if chat else message("问", sender))
            await server.says(chat or sender)
            card = [said for said in server.said.values() if said.to == (chat or sender)][-1]
            assert card.text.splitlines()[0] == "49.53亿美元"
            assert "——《题》第51行 · a.txt" in card.text
            delivery = await server.answered(press(card.button("上下文"), card.id, sender, chat))
            assert delivery.toast == "好"
            await server.says(chat or sender, "上下文在此")
            assert card.edits == 1
        assert [(p.data, p.sender.id, p.chat and p.chat.type) for p in pressed] == [
            ("c:1:0", ANN, ChatType.PRIVATE),
            ("c:1:0", BEN, ChatType.GROUP),
        ]
        assert len(server.said) == 2


async def test_a_notice_that_comes_late_is_said_as_a_message(tmp_path: Path) -> None:
    class Slow(Echo):
        async def press(self, press: ButtonPress) -> Sequence[Reply]:
            await asyncio.sleep(1.0)
            return [Reply([], notice="投好了")]

    async with feishu() as server, serving(server, tmp_path, Slow(reply=lambda m: [ANSWER])):
        await server.connected()
        await server.answered(message("问"))
        await server.until(lambda: server.texts(ANN))
        card = next(iter(server.said.values()))
        delivery = await server.answered(press(card.button("更多"), card.id))
        assert (delivery.toast, delivery.tries) == (None, 1)
        await server.until(lambda: server.texts(ANN)[1:] == ["投好了"])


async def test_an_edit_beyond_its_limit_becomes_a_new_message(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        server.clock = lambda: now[0]
        chat = Chat("feishu", ANN, ChatType.PRIVATE)
        post, card = [await service.send(chat, Reply([Run("旧")], buttons)) for buttons in ((), MORE)]
        for number in range(21):
            last = await service.send(chat, Reply([Run(f"第{number}次")], edits=post))
        assert last != post
        assert server.texts(ANN)[0] == "第19次"
        assert server.texts(ANN)[2] == "第20次"
        now[0] += 15 * 86400
        assert await service.send(chat, Reply([Run("新")], MORE, edits=card)) != card
        assert server.texts(ANN)[3].startswith("新")


async def test_what_is_said_again_under_the_same_key_is_said_once(tmp_path: Path) -> None:
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        for key in ("post.1", "post.1", "post.2", None, None):
            await service.send(Chat("feishu", ANN, ChatType.PRIVATE), Reply([Run("消息")], key=key))
        assert server.texts(ANN) == ["消息"] * 4


async def test_a_card_that_is_not_taken_is_said_as_text_with_everything_in_it(tmp_path: Path) -> None:
    tables = Fault(
        230099, 400, "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit"
    )
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        for fault in (tables, Fault(230025, 400, "The length of the message content reaches its limit.")):
            server.fail("POST /open-apis/im/v1/messages", fault)
            await service.send(Chat("feishu", ANN, ChatType.PRIVATE), ANSWER)
        for text in server.texts(ANN):
            assert "——《题》第51行 · a.txt\n1. 上下文\n2. 原文\n3. 更多" in text
        assert {said.kind for said in server.said.values()} == {"post"}


async def test_a_citations_link_is_one_in_posts_and_a_button_on_cards(tmp_path: Path) -> None:
    runs = [Run("句。\n"), Run("——《题》第1行", link="https://paper.example/a?b=(1)")]
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        for buttons in ((), MORE):
            await service.send(Chat("feishu", ANN, ChatType.PRIVATE), Reply(runs, buttons))
        post, card = server.said.values()
        assert post.content["zh_cn"]["content"][1][0]["href"] == "https://paper.example/a?b=(1)"
        assert card.content["elements"][-1]["actions"][0]["url"] == "https://paper.example/a?b=(1)"


async def test_a_file_a_picture_and_a_post_come_through(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [Reply([Run("图")], picture=b"\x89PNG")])
    async with feishu() as server, serving(server, tmp_path, talk) as service:
        await server.connected()
        server.files |= {"f1": b"one", "img_1": b"two"}
        file = message(kind="file", content={"file_key": "f1", "file_name": "../a.txt"})
        lines = [
            [{"tag": "text", "text": "新桥 "}, {"tag": "at", "user_id": "@_user_1"}],
            [{"tag": "text", "text": "多长"}],
        ]
        written = message(kind="post", content={"title": "问", "content": lines}, mentions=(mention(BOT),))
        photo = message(kind="image", content={"image_key": "img_1"})
        for event in (file, written, photo):
            await server.answered(event)
        await server.until(lambda: len([e for e in endings(tmp_path).values() if e]) == 3)
        sent, said, taken = talk.heard
        assert sent.attachment == Attachment(f"{name(file)}/file/f1", "../a.txt", None)
        assert taken.attachment == Attachment(f"{name(photo)}/image/img_1", f"photo-{name(photo)}.jpg", None)
        for one, content in ((sent, b"one"), (taken, b"two")):
            assert one.attachment is not None
            assert b"".join([piece async for piece in service.download(one.attachment.id, 10)]) == content
        assert said.text == "问\n新桥 \n多长"
        assert server.texts(ANN) == ["图", "[picture]"] * 3


async def test_a_chat_that_put_us_out_is_spoken_to_again_when_it_lets_us_in(tmp_path: Path) -> None:
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        await server.connected()
        group, reply = Chat("feishu", GROUP, ChatType.GROUP), Reply([Run("消息")])
        for kind in ("deleted", "added"):
            await server.answered(membership(kind))
            await server.until(lambda: all(endings(tmp_path).values()))
            sent = await service.send(group, reply)
            assert (sent is not None) is (kind == "added")
        assert server.texts(GROUP) == ["消息"]


async def test_a_groups_owner_and_admins_administer_it(tmp_path: Path) -> None:
    async with feishu() as server, serving(server, tmp_path, Echo()) as service:
        server.groups[GROUP] = {"owner_id": ANN, "user_manager_id_list": [BEN]}
        group = Chat("feishu", GROUP, ChatType.GROUP)
        assert [await service.administers(group, Sender(who)) for who in (ANN, BEN, BOT)] == [
            True,
            True,
            False,
        ]


async def test_a_card_in_pieces_is_one_event(tmp_path: Path) -> None:
    async with feishu() as server, serving(server, tmp_path, Echo()):
        await server.connected()
        server.piece_bytes = 50
        delivery: Delivery = await server.answered(message("长" * 200))
        assert delivery.tries == 1
        await server.until(lambda: server.texts(ANN) == ["答：" + "长" * 200])


def sealed(event: Json, key: str = ENCRYPT) -> bytes:
    """An event as Feishu encrypts it."""
    padder = PKCS7(128).padder()
    padded = padder.update(json.dumps(event).encode()) + padder.finalize()
    vector = os.urandom(16)
    sealing = Cipher(AES(hashlib.sha256(key.encode()).digest()), CBC(vector)).encryptor()
    data = vector + sealing.update(padded) + sealing.finalize()
    return json.dumps({"encrypt": base64.b64encode(data).decode()}).encode()


def signature(body: bytes, key: str = ENCRYPT) -> dict[str, str]:
    """The headers with which Feishu signs it."""
    signed = hashlib.sha256(f"1700000000nonce{key}".encode() + body).hexdigest()
    return {
        "X-Lark-Request-Timestamp": "1700000000",
        "X-Lark-Request-Nonce": "nonce",
        "X-Lark-Signature": signed,
    }


class Courier:
    """Brings events to the address that it was told."""

    def __init__(self, server: Feishu, address: str, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._address = address
        self._session = session

    async def bring(self, body: bytes | Json, headers: dict[str, str] | None = None) -> tuple[int, Json]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self._session.post(self._address, data=BytesIO(data), headers=headers) as answer:
            told = await answer.read()
            return answer.status, json.loads(told) if told.startswith(b"{") else {}


@asynccontextmanager
async def calling(folder: Path, conversation: Conversation, encrypt_key: str = "") -> AsyncIterator[Courier]:
    async with (
        feishu() as server,
        serving(
            server, folder, conversation, verification_token=VERIFICATION, encrypt_key=encrypt_key
        ) as service,
        site(service) as address,
        aiohttp.ClientSession() as session,
    ):
        await server.until(lambda: service.problem() is None)
        yield Courier(server, address, session)


CHECK: Json = {"type": "url_verification", "challenge": "c-1", "token": VERIFICATION}


@pytest.mark.parametrize("seal", [False, True])
async def test_the_address_is_verified_and_an_event_answered_once(tmp_path: Path, seal: bool) -> None:
    def dressed(event: Json) -> bytes:
        return sealed(event) if seal else json.dumps(event).encode()

    async with calling(tmp_path, Echo(), ENCRYPT if seal else "") as courier:
        assert await courier.bring(dressed(CHECK)) == (200, {"challenge": "c-1"})
        event = message("问")
        for _ in range(2):
            body = dressed(event)
            assert await courier.bring(body, signature(body)) == (200, {})
        await courier.server.until(lambda: courier.server.texts(ANN))
        assert courier.server.texts(ANN) == ["答：问"]
        assert courier.server.handshakes == 0, "no long connection beside it"


async def test_a_press_is_answered_with_its_notice(tmp_path: Path) -> None:
    def pressing(one: ButtonPress) -> list[Reply]:
        return [Reply([Run("上下文在此")], edits=one.message_id, notice="好")]

    async with calling(tmp_path, Echo(reply=lambda m: [ANSWER], press_reply=pressing)) as courier:
        await courier.bring(message("问"))
        await courier.server.until(lambda: courier.server.texts(ANN))
        card = next(iter(courier.server.said.values()))
        assert await courier.bring(press(card.button("更多"), card.id)) == (
            200,
            {"toast": {"type": "info", "content": "好"}},
        )
        await courier.server.until(lambda: card.text == "上下文在此")


def with_token(token: object) -> Json:
    event = message("问")
    event["header"]["token"] = token
    return event


FORGED: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "another token": ("", json.dumps(with_token("guess")).encode(), {}),
    "no token": ("", json.dumps(with_token(None)).encode(), {}),
    "token of a wrong type": ("", json.dumps(with_token(["x"])).encode(), {}),
    "a check with another token": ("", json.dumps({**CHECK, "token": "guess"}).encode(), {}),
    "no JSON": ("", b"\xff", {}),
    "nothing": ("", b"", {}),
    "a list": ("", b"[]", {}),
    "plain, where it is to be sealed": (ENCRYPT, json.dumps(message("问")).encode(), {}),
    "sealed with another key": (ENCRYPT, body := sealed(message("问"), "guess"), signature(body, "guess")),
    "not signed": (ENCRYPT, sealed(message("问")), {}),
    "signed with another key": (ENCRYPT, body := sealed(message("问")), signature(body, "guess")),
    "cut off": (ENCRYPT, b'{"encrypt":"AAAA"}', signature(b'{"encrypt":"AAAA"}')),
    "no base64": (ENCRYPT, b'{"encrypt":"\xe4"}', {}),
}


@pytest.mark.parametrize(("key", "body", "headers"), FORGED.values(), ids=FORGED.keys())
async def test_what_feishu_did_not_send_or_not_sealed_as_agreed_is_turned_away(
    tmp_path: Path, key: str, body: bytes, headers: dict[str, str]
) -> None:
    async with calling(tmp_path, Echo(), key) as courier:
        assert (await courier.bring(body, headers))[0] == 401
        assert endings(tmp_path) == {}


async def test_what_is_too_large_is_turned_away_and_what_is_no_event_put_aside(tmp_path: Path) -> None:
    async with calling(tmp_path, Echo()) as courier:
        assert (await courier.bring(b"{" + b" " * 2_000_000))[0] == 413
        assert await courier.bring({"token": VERIFICATION, "type": "event_callback"}) == (200, {})
        assert list(endings(tmp_path).values()) == ["quarantined"]
