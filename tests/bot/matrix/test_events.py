"""What events mean to us, and replies in Matrix's words: both bodies say the same, nothing in them is alive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Sender, Style
from bot.platforms.matrix.sending import CONTENT_BYTES, content, drafts, plainer, size
from bot.platforms.matrix.updates import BUTTONS, Identity, MessageContext, Quoted, quoted, read, translate
from bot.platforms.updates import Ignored
from tests.contract.surface import HOSTILE
from tests.matrix.server import visible
from tests.support.words import examples

ME = Identity("@chuchu:here", "出处")
ANN = "@ann:here"
SHOWN = Quoted("$shown", ME.id, ("c.1", "s.1"), "桥通车了。")
GROUP, PRIVATE = MessageContext(False), MessageContext(True)


def event(body: str = "新桥", sender: str = ANN, /, **content: Any) -> dict[str, Any]:
    return {
        "event_id": "$1",
        "sender": sender,
        "origin_server_ts": 1_700_000_000_000,
        "content": {"msgtype": "m.text", "body": body, **content},
    }


def meaning(around: MessageContext, body: str = "新桥", sender: str = ANN, /, **content: Any) -> object:
    return translate(read("!r:here", event(body, sender, **content)), ME, around)


def test_a_message_for_two_is_always_meant_for_us() -> None:
    assert meaning(PRIVATE, " 新桥 ") == Message(
        Chat("matrix", "!r:here", ChatType.PRIVATE),
        "$1",
        Sender(ANN),
        "新桥",
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    )


@examples("body", "content", "text", "addressed")
def test_in_a_group_we_are_meant_when_we_are_named(
    body: str, content: dict[str, Any], text: str, addressed: bool
) -> None:
    said = meaning(GROUP, body, **content)
    assert isinstance(said, Message)
    assert (said.text, said.addressed, said.chat.type) == (text, addressed, ChatType.GROUP)


def test_an_answer_to_us_is_meant_for_us_and_what_the_client_repeats_is_left_out() -> None:
    relation = {"m.in_reply_to": {"event_id": "$shown"}}
    said = meaning(
        replace(GROUP, quoted=SHOWN), "> <@chuchu:here> 桥\n> 通了\n\n哪天", **{"m.relates_to": relation}
    )
    assert isinstance(said, Message)
    assert (said.text, said.addressed, said.replied_to) == ("哪天", True, "桥通车了。")
    other = meaning(replace(GROUP, quoted=Quoted("$x", "@bob:here")), "哪天", **{"m.relates_to": relation})
    assert isinstance(other, Message)
    assert not other.addressed


def test_a_thread_is_a_place_of_its_own_and_its_fallback_answers_nobody() -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$shown"},
    }
    assert read("!r:here", event(**{"m.relates_to": relation})).answers is None
    said = meaning(PRIVATE, **{"m.relates_to": relation})
    assert isinstance(said, Message)
    assert said.chat.thread == "$root"


AROUND = {
    "private": PRIVATE,
    "group": GROUP,
    "private, ours": replace(PRIVATE, ours=SHOWN),
    "group, ours": replace(GROUP, ours=SHOWN),
    "group, quoted": replace(GROUP, quoted=SHOWN),
    "private, others quoted": replace(PRIVATE, quoted=Quoted("$x", "@eve:here", ("r.1",))),
}


@examples("around", "body", "press")
def test_a_number_alone_presses_the_button_of_ours_that_has_it(around: str, body: str, press: str) -> None:
    said = meaning(AROUND[around], body)
    assert (said.data if isinstance(said, ButtonPress) else "") == press
    if isinstance(said, ButtonPress):
        assert (said.message_id, said.id, said.sender.id) == ("$shown", "$1", ANN)


def edit(body: str, sender: str = ANN) -> dict[str, Any]:
    changed = {"msgtype": "m.text", "body": body}
    relation = {"rel_type": "m.replace", "event_id": "$0"}
    return event(f"* {body}", sender, **{"m.new_content": changed, "m.relates_to": relation})


def test_an_edit_is_the_first_message_anew_in_its_thread() -> None:
    first = read("!r:here", event(**{"m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}))
    said = translate(read("!r:here", edit("2")), ME, replace(PRIVATE, original=first, ours=SHOWN))
    assert isinstance(said, Message)
    assert (said.id, said.text, said.edited, said.chat.thread) == ("$0", "2", True, "$root")


@examples("around", "content")
def test_what_is_not_for_us_is_ignored(around: str, content: dict[str, Any]) -> None:
    assert isinstance(meaning(AROUND[around], **content), Ignored)
    assert isinstance(meaning(PRIVATE, "新桥", ME.id), Ignored)


def test_an_answered_event_is_read_as_it_is_now() -> None:
    old = event("1. 更多", ME.id, **{BUTTONS: ["m.1"]})
    assert quoted(old) == Quoted("$1", ME.id, ("m.1",), "1. 更多")
    relation = {"rel_type": "m.replace", "event_id": "$1"}
    content = {BUTTONS: ["m.2"], "m.new_content": {"body": "新"}, "m.relates_to": relation}
    for sender, now in ((ME.id, Quoted("$1", ME.id, ("m.2",), "新")), ("@eve:here", quoted(old))):
        newer = {"m.relations": {"m.replace": {"sender": sender, "content": content}}}
        assert quoted({**old, "unsigned": newer}) == now


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"content": []},
        {**event(), "sender": 7},
        {**event(), "origin_server_ts": "now"},
        event(**{"m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}),
        event(**{"m.relates_to": {"rel_type": "m.thread"}}),
    ],
)
def test_what_is_not_of_its_type_is_an_error_and_nothing_else(broken: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        read("!r:here", broken)


ROOM = Chat("matrix", "!r:here", ChatType.PRIVATE)
LINKS = st.sampled_from([None, "https://here/a?b=1&c=\"'<"])
RUNS = st.lists(st.builds(Run, st.text(max_size=200), st.sampled_from(Style), LINKS))


def test_a_plain_text_pings_nobody_looks_are_tags_what_is_said_is_escaped_and_only_the_web_linked() -> None:
    plain = {"msgtype": "m.notice", "body": "桥通了。@room", "m.mentions": {}}
    assert content([Run("桥通了。@room")]) == plain
    said = content([Run("桥", Style.BOLD), Run(f"\n{HOSTILE}"), Run("源", link="https://here/?a=1&b=2")])
    assert said["formatted_body"] == (
        f'<strong>桥</strong><br>{escape(HOSTILE)}<a href="https://here/?a=1&amp;b=2">源</a>'
    )
    assert said["body"] == f"桥\n{HOSTILE}源"
    for link in ("javascript:alert(1)", "data:text/html,x", "//here", "HTTPS://here"):
        assert "href" not in str(content([Run("源", link=link)]))


@given(RUNS, st.booleans())
def test_any_reply_is_seen_whole_and_fits(runs: list[Run], edited: bool) -> None:
    made = drafts(ROOM, Reply(runs, [[Button("更多", "m.1")]], edits="$old" if edited else None))
    assert all(size(draft.content) <= CONTENT_BYTES for draft in made)
    for draft in made:
        said = draft.content.get("m.new_content", draft.content)
        assert isinstance(said, dict)
        if "formatted_body" in said:
            assert visible(said["formatted_body"]) == said["body"]
    assert "更多" in str(made[-1].content["body"])


def test_what_is_said_in_a_thread_falls_back_to_its_root_for_clients_that_know_no_threads() -> None:
    relation = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True}
    wanted = {**relation, "m.in_reply_to": {"event_id": "$root"}}
    assert content([Run("答")], thread="$root")["m.relates_to"] == wanted


def test_an_edit_is_marked_for_old_clients_and_said_plainly_where_it_is_refused() -> None:
    said = content([Run("新", Style.BOLD)], edits="$old")
    html = {"format": "org.matrix.custom.html", "formatted_body": "<strong>新</strong>"}
    assert said["body"] == "* 新"
    assert said["m.new_content"] == {"msgtype": "m.notice", "body": "新", "m.mentions": {}, **html}
    (made,) = drafts(ROOM, Reply([Run("新", Style.BOLD)], edits="$old"))
    simple = plainer(made)
    assert simple is not None
    assert "formatted_body" not in str(simple.content)
    assert plainer(simple) is None
