"""A second opinion: the vendor's own client, lark-oapi, with our server of the tests, and on our frames and seals.

In a process of its own, for it holds the event loop that it was imported under, and takes 2.4 s and 167 MB.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys

import pytest

from bot.platforms.feishu.sending import card, post
from bot.platforms.feishu.updates import DATA, Frame, decode
from tests.bot.feishu.service import ENCRYPT, VERIFICATION
from tests.bot.feishu.test_journey import ANSWER
from tests.bot.platforms.test_deliveries import sealed, signature
from tests.feishu.events import ANN, GROUP, at_bot, event, message, press
from tests.feishu.server import APP, SECRET, feishu
from tests.support.process import ROOT, environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("lark_oapi") is None, reason="lark-oapi is not installed: make sdks"
    ),
]

TALKING = """
import json, sys
import lark_oapi as lark
from lark_oapi.api.im.v1 import *
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse

url, app, secret, card, post = sys.argv[1:]
api = lark.Client.builder().app_id(app).app_secret(secret).domain(url).build()

def on_message(data):
    said = data.event.message
    mentioned = [[one.key, one.id.open_id] for one in said.mentions or []]
    told = [said.message_id, said.chat_type, said.content, data.event.sender.sender_id.open_id, mentioned]
    print(json.dumps(told), flush=True)
    for kind, content in (("interactive", card), ("post", post)):
        body = ReplyMessageRequestBody.builder().msg_type(kind).content(content).uuid(said.message_id[:40] + kind[:4]).build()
        asked = ReplyMessageRequest.builder().message_id(said.message_id).request_body(body).build()
        for _ in range(2):
            answer = api.im.v1.message.reply(asked)
            assert answer.success(), (answer.code, answer.msg)

def on_press(data):
    print(json.dumps([data.event.operator.open_id, data.event.action.value, data.event.context.open_message_id]), flush=True)
    return P2CardActionTriggerResponse({"toast": {"type": "info", "content": "好"}})

handler = (
    lark.EventDispatcherHandler.builder("", "")
    .register_p2_im_message_receive_v1(on_message)
    .register_p2_card_action_trigger(on_press)
    .build()
)
lark.ws.Client(app, secret, event_handler=handler, domain=url, log_level=lark.LogLevel.ERROR).start()
"""

READING = """
import json, sys
from lark_oapi.core.model import RawRequest
from lark_oapi.event.dispatcher_handler import EventDispatcherHandler
from lark_oapi.ws.pb.pbbp2_pb2 import Frame

given = json.load(sys.stdin)
frame = Frame()
frame.ParseFromString(bytes.fromhex(given["frame"]))
told = {"frame": [frame.SeqID, frame.LogID, frame.service, frame.method, [[h.key, h.value] for h in frame.headers], frame.payload.decode()]}
frame.payload_encoding, frame.payload_type, frame.LogIDNew = "gzip", "json", "x"
told["again"] = frame.SerializeToString().hex()
heard = []
handler = EventDispatcherHandler.builder(given["key"], given["token"]).register_p2_im_message_receive_v1(lambda data: heard.append(data.event.message.message_id)).build()
request = RawRequest()
request.uri, request.headers, request.body = "/feishu", given["headers"], given["body"].encode()
told["status"] = handler.do(request).status_code
told["heard"] = heard
print(json.dumps(told))
"""


async def test_the_vendors_client_talks_to_our_server_and_its_api_takes_our_cards() -> None:
    contents = card(ANSWER.runs, ANSWER.buttons), post(ANSWER.runs, ANSWER.buttons)
    async with feishu() as server:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", TALKING, server.url, APP, SECRET, *contents),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
        )
        try:
            await server.connected()
            assert child.stdout is not None
            asked = at_bot("问")
            delivery = await server.answered(asked)
            assert (delivery.answers, delivery.tries) == ([200], 1)
            said = asked["event"]["message"]
            seen = json.loads(await child.stdout.readline())
            assert seen == [
                *(said["message_id"], "group", said["content"], ANN),
                [[one["key"], one["id"]["open_id"]] for one in said["mentions"]],
            ]
            assert [one.kind for one in server.said.values()] == ["interactive", "post"], (
                "each once, by its uuid"
            )
            assert all("——《题》第51行 · a.txt" in text for text in server.texts(GROUP))
            button = next(iter(server.said.values())).button("更多")
            pressed = await server.answered(press(button, "om_1", ANN, GROUP))
            assert pressed.toast == "好"
            assert json.loads(await child.stdout.readline()) == [ANN, button, "om_1"]
            unknown = server.push(event("im.message.message_read_v1", {}))
            await server.until(lambda: unknown.answers)
            assert unknown.answers == [500], "the vendor's client has it brought again; ours acknowledges it"
        finally:
            child.kill()
            await child.wait()


async def test_the_vendors_code_reads_our_frames_and_we_read_its_and_both_open_the_same_seals() -> None:
    frame = Frame(DATA, {"type": "event", "message_id": "m", "名": "值"}, "正文".encode(), 7, 2**63, 300)
    body = sealed(message("问"))
    given = {
        "frame": frame.encode().hex(),
        "key": ENCRYPT,
        "token": VERIFICATION,
        "headers": signature(body),
        "body": body.decode(),
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", READING),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=environment(),
    )
    out, _ = await child.communicate(json.dumps(given).encode())
    told = json.loads(out.splitlines()[-1])
    headers = [[name, value] for name, value in frame.headers.items()]
    assert told["frame"] == [2**63, 300, 7, DATA, headers, "正文"]
    assert decode(bytes.fromhex(told["again"])) == frame
    assert told["status"] == 200
    assert len(told["heard"]) == 1
