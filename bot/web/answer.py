"""An Answer as HTML: the facts, matched words marked, a link on each source, context to unfold."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Run
from bot.rendering.answer import heading, nearest
from bot.rendering.fact import lines, shown_marks
from bot.rendering.reports import Relation, relation
from bot.texts import Phrases, phrases
from bot.web.html import e, marked
from bot.web.links import source_path
from knowledge.model import Answer, Fact, Hit
from knowledge.snapshot import Snapshot

OPEN = 3
AROUND = 2


def answer_html(answer: Answer, snapshot: Snapshot) -> str:
    """Say an answer; the first few facts lie open, the others fold."""
    said = phrases(None)
    notice = _notice(list(heading(answer, said)))
    bold = f'<p class="answer">{e(answer.answer)}</p>' if answer.found and answer.answer else ""
    main = answer.hits if answer.found else nearest(answer)
    first = main[: 1 if bold else OPEN]
    rest = _folded(main[len(first) :], said.more, snapshot, said)
    if answer.found:
        rest += _folded(nearest(answer), said.related.rstrip("：:"), snapshot, said)
    kind = "reply" if answer.found else "reply near"
    return f'<div class="{kind}">{notice}{bold}{_hits(first, snapshot, said, answer.answer if bold else None)}{rest}</div>'


def _notice(runs: Sequence[Run]) -> str:
    text = "".join(run.text for run in runs).strip()
    return "".join(f'<p class="notice">{e(line)}</p>' for line in text.split("\n")) if text else ""


def _folded(hits: Sequence[Hit], summary: str, snapshot: Snapshot, said: Phrases) -> str:
    if not hits:
        return ""
    shown = _hits(hits, snapshot, said)
    return f'<details class="rest"><summary>{e(summary)}（{len(hits)}）</summary>{shown}</details>'


def _hits(hits: Sequence[Hit], snapshot: Snapshot, said: Phrases, answer: str | None = None) -> str:
    kind = relation(hits)
    several = kind is not Relation.ONE_REPORT
    words = said.differing_reports if kind is Relation.DIFFER else said.several_reports
    head = f'<p class="notice">{e(words)}</p>' if several else ""
    answers = [answer, *[None] * len(hits)]
    return head + "".join(
        _hit(hit, snapshot, said, several, short) for hit, short in zip(hits, answers, strict=False)
    )


def _hit(hit: Hit, snapshot: Snapshot, said: Phrases, several: bool, answer: str | None) -> str:
    fact = hit.fact
    campaign = fact.article.campaign if several else None
    label = f'<p class="campaign">{e(said.campaign.format(campaign))}</p>' if campaign else ""
    return f"""<figure class="fact">{label}
<blockquote cite="{e(source_path(fact))}">{marked(fact.text, shown_marks(fact.text, hit.matched, answer))}</blockquote>
<figcaption>——<a href="{e(source_path(fact))}">《{e(fact.article.title.text)}》{e(lines(fact, said))}</a>
 · <span class="file">{e(fact.article.file)}</span></figcaption>
{_context(fact, snapshot, said)}</figure>"""


def _context(fact: Fact, snapshot: Snapshot, said: Phrases) -> str:
    around = snapshot.around(fact.id, AROUND, AROUND)
    if len(around) < 2:
        return ""
    told = "".join(
        f"<b>{e(neighbour.text)}</b>" if neighbour.id == fact.id else e(neighbour.text)
        for neighbour in around
    )
    return f'<details class="context"><summary>{e(said.context)}</summary><p>{told}</p></details>\n'
