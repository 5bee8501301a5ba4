"""Replies in WeCom's words: nothing that anybody wrote is alive, everything is seen, and every part fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, Chat, ChatType, Reply, Run, Style
from bot.platforms.text import utf8
from bot.platforms.wecom.replies import TEXT_BYTES, drafts, escaped, markdown, plainer
from tests.contract.surface import CITATION, HOSTILE
from tests.wecom.markdown import visible

ANN = Chat("wecom", "ann", ChatType.PRIVATE)
LIVELY = st.text(st.sampled_from("ab字9 \t\n*_`[]()<>#+-.!|~&$=\\1:;@\"'/{}^%,？。　"), max_size=40)


def words(text: str) -> list[str]:
    """Blanks and line breaks are no words."""
    return text.replace("\u00a0", " ").split()


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        '<@ann> <@all> <font color="warning">',
        "# 标题\n## 标题",
        "- 一\n+ 二\n* 三\n1. 四\n2) 五",
        "标题\n===\n---",
        "> 引用",
        "|a|b|\n|-|-|\n|1|2|",
        "    缩进\n\t缩进",
        "```\n码\n```",
        "![图](https://here/a.png)",
        "[a]: https://here\n[a]",
        "a&lt;b&#35;",
        "$x$ ~~删~~ __粗__",
    ],
)
def test_what_anybody_wrote_is_seen_as_it_is(text: str) -> None:
    assert words(visible(escaped(text))) == words(text)


@given(
    st.lists(
        st.builds(Run, LIVELY, st.sampled_from(Style), st.sampled_from([None, "https://here/a_(b)?c=*<d>"]))
    )
)
def test_no_runs_of_any_looks_come_alive(runs: list[Run]) -> None:
    assert "".join(words(visible(markdown(runs)))) == "".join(words("".join(run.text for run in runs)))


def test_looks_are_marked_without_their_punctuation() -> None:
    runs = [
        Run("“检查码”\n", Style.BOLD),
        Run("3  ", Style.CODE),
        Run("："),
        Run("a_b", Style.CODE),
        Run("注", Style.ITALIC),
    ]
    assert markdown(runs) == "“**检查码**”\n3  ：`a_b`*注*"


def test_only_the_web_is_linked() -> None:
    assert markdown([Run("源", link="https://here/a b(c)")]) == "[源](https://here/a%20b%28c%29)"
    assert markdown([Run("源", link="javascript:alert(1)")]) == "源"


@pytest.mark.parametrize("word", ["长", "<", "*", "𠮷"])
def test_a_long_answer_is_parted_and_the_citation_is_the_last_of_it(word: str) -> None:
    made = drafts(ANN, Reply([Run(word * 20_000, Style.BOLD), Run("\n"), Run(CITATION)]))
    assert len(made) > 1
    assert all(utf8(draft.text) <= TEXT_BYTES for draft in made)
    assert sum(visible(draft.text).count(word) for draft in made) == 20_000
    assert visible(made[-1].text).endswith(CITATION)


def test_buttons_follow_on_cards_of_six() -> None:
    rows = [[Button(f"第{number}篇", f"a:{number}") for number in range(8)]]
    text, first, second = drafts(ANN, Reply([Run("有这些：\n一")], rows))
    assert (text.text, text.card) == ("有这些：\n一", None)
    assert first.card is not None and second.card is not None
    assert first.card["main_title"] == {"title": "有这些："}
    assert [b["key"] for card in (first.card, second.card) for b in card["button_list"]] == [  # type: ignore[attr-defined]
        f"a:{number}" for number in range(8)
    ]
    assert first.card["task_id"] != second.card["task_id"]


def test_a_label_too_long_for_a_card_is_a_number_and_stands_in_the_text() -> None:
    rows = [[Button("努力创造经得起历史、实践和人民检验的业绩", "a:1")], [Button("更多", "m")]]
    text, card = drafts(ANN, Reply([Run("有这些：")], rows))
    assert visible(text.text) == "有这些：\n1. 努力创造经得起历史、实践和人民检验的业绩\n2. 更多"
    assert card.card is not None
    assert [b["text"] for b in card.card["button_list"]] == ["1", "2"]  # type: ignore[attr-defined]


def test_a_card_that_is_refused_becomes_a_list() -> None:
    _, card = drafts(ANN, Reply([Run("桥")], [[Button("原文", "s"), Button("更多", "m")]]))
    listed = plainer(card)
    assert listed is not None
    assert visible(listed.text) == "1. 原文\n2. 更多"
    assert plainer(listed) is None
