"""Replies in Matrix's words: both bodies say the same, nothing in them is alive, and every part fits an event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, Chat, ChatType, Reply, Run, Style
from bot.platforms.matrix.bodies import BUTTONS, CONTENT_BYTES, content, drafts, plainer, size
from tests.contract.surface import CITATION, HOSTILE
from tests.matrix.html import visible

ROOM = Chat("matrix", "!r:here", ChatType.PRIVATE)
RUNS = st.lists(
    st.builds(
        Run,
        st.text(max_size=200),
        st.sampled_from(Style),
        st.sampled_from([None, "https://here/a?b=1&c=\"'<"]),
    )
)


def test_a_plain_text_needs_no_html_and_pings_nobody() -> None:
    assert content([Run("桥通了。@room")]) == {
        "msgtype": "m.notice",
        "body": "桥通了。@room",
        "m.mentions": {},
    }


def test_looks_are_tags_and_what_is_said_is_escaped() -> None:
    said = content([Run("桥", Style.BOLD), Run(f"\n{HOSTILE}"), Run("源", link="https://here/?a=1&b=2")])
    assert said["formatted_body"] == (
        "<strong>桥</strong><br>&lt;b&gt;粗&lt;/b&gt; &amp;amp; [链接](tg://user?id=1) @all _一_ *二* `三` \\n "
        '&lt;/a&gt;&lt;script&gt;<a href="https://here/?a=1&amp;b=2">源</a>'
    )
    assert said["body"] == f"桥\n{HOSTILE}源"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//here", "HTTPS://here"])
def test_only_the_web_is_linked(link: str) -> None:
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


@pytest.mark.parametrize("word", ["长", "<", '"', "𠮷", "\\"])
@pytest.mark.parametrize("edits", [None, "$old"])
def test_a_long_answer_is_parted_and_the_citation_is_the_last_of_it(word: str, edits: str | None) -> None:
    made = drafts(ROOM, Reply([Run(word * 40_000, Style.BOLD), Run("\n"), Run(CITATION)], edits=edits))
    assert len(made) > 1
    assert all(size(draft.content) <= CONTENT_BYTES for draft in made)
    assert sum(str(draft.content["body"]).count(word) for draft in made) == 40_000
    assert str(made[-1].content["body"]).endswith(CITATION)


def test_buttons_are_numbers_under_the_last_part_and_what_they_carry_goes_along() -> None:
    (made,) = drafts(
        ROOM,
        Reply([Run("桥通了。")], [[Button("上下文", "c.1"), Button("原文", "s.1")], [Button("更多", "m")]]),
    )
    assert made.content["body"] == "桥通了。\n1. 上下文　2. 原文\n3. 更多"
    assert made.content[BUTTONS] == ["c.1", "s.1", "m"]


@pytest.mark.parametrize(
    ("reply_to", "thread", "edits", "relation"),
    [
        (None, None, None, None),
        ("$q", None, None, {"m.in_reply_to": {"event_id": "$q"}}),
        (
            None,
            "$root",
            None,
            {
                "rel_type": "m.thread",
                "event_id": "$root",
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": "$root"},
            },
        ),
        (
            "$q",
            "$root",
            None,
            {
                "rel_type": "m.thread",
                "event_id": "$root",
                "is_falling_back": False,
                "m.in_reply_to": {"event_id": "$q"},
            },
        ),
        ("$q", "$root", "$old", {"rel_type": "m.replace", "event_id": "$old"}),
    ],
)
def test_answers_quote_stay_in_their_thread_and_edit(
    reply_to: str | None, thread: str | None, edits: str | None, relation: object
) -> None:
    assert content([Run("答")], (), reply_to, thread, edits).get("m.relates_to") == relation


def test_an_edit_says_the_new_words_and_for_old_clients_marks_them() -> None:
    said = content([Run("新", Style.BOLD)], edits="$old")
    assert said["body"] == "* 新"
    assert said["m.new_content"] == {
        "msgtype": "m.notice",
        "body": "新",
        "m.mentions": {},
        "format": "org.matrix.custom.html",
        "formatted_body": "<strong>新</strong>",
    }


def test_what_is_refused_is_said_again_without_html_and_then_no_more() -> None:
    (made,) = drafts(ROOM, Reply([Run("新", Style.BOLD)], edits="$old"))
    simple = plainer(made)
    assert simple is not None
    assert "formatted_body" not in str(simple.content)
    assert plainer(simple) is None
