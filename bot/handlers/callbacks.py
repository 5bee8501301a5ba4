"""What buttons carry: an action, the shown answer's id, and a place in it; never words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.messages import Button
from bot.texts import Phrases

PAGE = 3
HOPE = "hope"
_DATA = re.compile(r"([a-z])\.([A-Za-z0-9]{1,10})\.(\d{1,4})")


class Action(StrEnum):
    """What a button asks for."""

    CONTEXT = "c"
    SOURCE = "s"
    MORE = "m"
    PAGE = "p"
    OTHERS = "o"
    WHY = "w"
    LIKE = "l"
    DISLIKE = "d"


@dataclass(frozen=True, slots=True)
class Callback:
    """A button's data, understood: `page` counts from 0."""

    action: Action
    shown_id: str
    page: int

    @property
    def data(self) -> str:
        """At most 17 bytes, far below Telegram's 64."""
        return f"{self.action.value}.{self.shown_id}.{self.page}"


def parse_callback(data: str) -> Callback | None:
    """Understand a button's data; None where it is not ours."""
    match = _DATA.fullmatch(data)
    if not match or match[1] not in set(Action):
        return None
    return Callback(Action(match[1]), match[2], int(match[3]))


def first_row(shown_id: str, page: int, phrases: Phrases) -> tuple[Button, ...]:
    """The three buttons under an answer; where space is shared, the first two do."""
    return (
        Button(phrases.context, Callback(Action.CONTEXT, shown_id, page).data),
        Button(phrases.source, Callback(Action.SOURCE, shown_id, page).data),
        Button(phrases.more, Callback(Action.MORE, shown_id, page).data),
    )


def all_rows(shown_id: str, page: int, pages: int, phrases: Phrases) -> tuple[tuple[Button, ...], ...]:
    """What stands behind 更多; the page button turns back to the first after the last."""
    turn: tuple[Button, ...] = ()
    if page + 1 < pages:
        turn = (Button(phrases.next_page, Callback(Action.PAGE, shown_id, page + 1).data),)
    elif page:
        turn = (Button(phrases.first_page, Callback(Action.PAGE, shown_id, 0).data),)
    return (
        first_row(shown_id, page, phrases)[:2],
        (
            *turn,
            Button(phrases.other_reports, Callback(Action.OTHERS, shown_id, page).data),
            Button(phrases.why, Callback(Action.WHY, shown_id, page).data),
        ),
        (
            Button(phrases.liked, Callback(Action.LIKE, shown_id, page).data),
            Button(phrases.disliked, Callback(Action.DISLIKE, shown_id, page).data),
        ),
    )


def alert_row(question: str, phrases: Phrases) -> tuple[Button, ...]:
    """The button under a reply that found nothing."""
    return (Button(phrases.feedback.tell_me, f"{HOPE}:{question}"),)
