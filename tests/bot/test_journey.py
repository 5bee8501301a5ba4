"""From the seed articles to a cited answer: what must always be shown."""

from __future__ import annotations

import pytest

from knowledge.schemas import AnswerJson
from tests.bot.wire_schema import ANSWER
from tests.support.process import ROOT, chuchu

ASKED = {
    "蕃瓜弄": ("001_2fc48988770e9f18.txt", "蕃瓜弄"),
    "莫德纳": ("004_399336c827072479.txt", "莫德纳"),
    "金食汇": ("002_482f80b78cfc2fbc.txt", "金食汇"),
    "联合检查码": ("002_482f80b78cfc2fbc.txt", "联合检查码"),
    "临港 离岸贸易 2023": ("001_2fc48988770e9f18.txt", "49.53亿美元"),
    "果洛的平均海拔是多少？": ("001_2fc48988770e9f18.txt", "4200米"),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AnswerJson]:
    queries = [*ASKED, "北京地铁票价"]
    done = chuchu(
        tmp_path_factory.mktemp("journey"),
        *("ask", "-", "--json"),
        stdin="\n".join(queries).encode(),
        CHUCHU_ARTICLES=str(ROOT / "seeds"),
    )
    return dict(zip(queries, map(ANSWER.validate_json, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("query", list(ASKED))
def test_a_question_on_the_seeds_is_answered_first_from_the_right_file_and_lines(
    answers: dict[str, AnswerJson], query: str
) -> None:
    file, words = ASKED[query]
    answer = answers[query]
    assert answer["found"], answer["confidence"]
    first = answer["hits"][0]["fact"]
    assert (first["source"]["file"], words in first["text"]) == (file, True)
    raw = (ROOT / "seeds" / file).read_text(encoding="utf-8").splitlines()
    cited = "".join("".join(raw[start - 1 : end]) for start, end in first["source"]["lines"])
    assert words in "".join(cited.split())


def test_the_height_of_guoluo_is_answered_in_metres(answers: dict[str, AnswerJson]) -> None:
    assert answers["果洛的平均海拔是多少？"]["answer"] == "4200米"


def test_what_no_article_tells_is_not_found_and_nothing_is_claimed(answers: dict[str, AnswerJson]) -> None:
    told = answers["北京地铁票价"]
    assert (told["found"], told["answer"], told["hits"]) == (False, None, [])
