"""What an admin decides about an unanswered question can be corrected and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.messages import ButtonPress, Chat, ChatType, Reply, Sender
from tests.support.chat import OWNER, STRANGER, Hall, hall

QUESTION = "地铁票价"


async def says(room: Hall, text: str, sender: str = OWNER) -> Sequence[Reply]:
    """Say something; return the replies with their buttons."""
    return await room.dialogue.message(room.message(text, sender))


async def presses(room: Hall, replies: Sequence[Reply], label: str) -> Sequence[Reply]:
    """Press the button of that label."""
    (data,) = [b.data for reply in replies for row in reply.buttons for b in row if b.label == label]
    return await carries(room, data)


async def carries(room: Hall, data: str) -> Sequence[Reply]:
    chat = Chat("telegram", OWNER, ChatType.PRIVATE)
    return await room.dialogue.press(ButtonPress(chat, "m1", "p1", Sender(OWNER), data))


def heard(replies: Sequence[Reply]) -> str:
    return "\n".join(said for reply in replies for said in (reply.notice or "", reply.text))


async def missed(room: Hall) -> str:
    """Let a reader ask in vain; return the question's id."""
    await says(room, QUESTION, STRANGER)
    (listed,) = await says(room, "/unanswered")
    assert QUESTION in listed.text
    return listed.buttons[0][0].data.rpartition(":")[2]


async def acts(room: Hall) -> list[tuple[str, str, str]]:
    return [(row.act, row.outcome, row.detail) for row in await room.audit() if row.outcome == "done"]


async def test_a_wrong_sentence_is_corrected_by_pressing_another_and_can_be_taken_back(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path) as room:
        question = await missed(room)
        with room.knowledge.store.lease() as snapshot:
            wrong, right = list(snapshot.facts())[:2]
        assert "以后就用这一句回答" in heard(await carries(room, f"qp:{question}:{wrong.id}"))
        assert wrong.text in await room.say(QUESTION, STRANGER)
        corrected = await carries(room, f"qp:{question}:{right.id}")
        assert right.text in await room.say(QUESTION, STRANGER)
        assert "撤销了" in heard(await presses(room, corrected, "撤销"))
        assert "没有查到" in await room.say(QUESTION, STRANGER)
        assert "已经撤销" in heard(await presses(room, corrected, "撤销"))
        assert await acts(room) == [
            ("unanswered", "done", f"{wrong.id} {QUESTION}"),
            ("unanswered", "done", f"{right.id} {QUESTION}"),
            ("unanswered", "done", f"撤销 {QUESTION}"),
        ]


async def test_what_was_pointed_to_long_ago_is_listed_and_taken_back(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        question = await missed(room)
        with room.knowledge.store.lease() as snapshot:
            fact = next(iter(snapshot.facts()))
        await carries(room, f"qp:{question}:{fact.id}")
        _, aside = await says(room, "/unanswered all")
        assert f"1. {QUESTION} → {fact.text[:80]}" in aside.text
        await presses(room, [aside], "1 撤销")
        assert "没有查到" in await room.say(QUESTION, STRANGER)


async def test_an_ignored_question_is_put_back(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await missed(room)
        listed = await presses(room, await says(room, "/unanswered"), "1 忽略")
        assert QUESTION not in heard(listed)
        _, aside = await says(room, "/unanswered all")
        assert QUESTION not in heard(await presses(room, [aside], "1 放回"))
        assert QUESTION in heard(await says(room, "/unanswered"))
        assert [detail for _, _, detail in await acts(room)] == [f"ignored {QUESTION}", f"open {QUESTION}"]


async def test_a_question_that_waits_for_an_article_is_put_back(tmp_path: Path) -> None:
    async with hall(tmp_path) as room:
        await missed(room)
        waiting = await presses(room, await says(room, "/unanswered"), "1 等文章")
        assert f"等文章：\n1. {QUESTION}" in heard(waiting)
        listed = await presses(room, waiting, "1 放回")
        assert "等文章：" not in heard(listed)
        assert f"1. {QUESTION}" in heard(listed)
