"""What chats have chosen is kept, in memory and in every database alike."""

from __future__ import annotations

import pytest

from bot.messages import Chat, ChatType
from bot.ports import Askers, InMemoryPreferences, Preference, Preferences
from bot.state.state import State

GROUP = Chat("telegram", "-100", ChatType.GROUP, "5")


@pytest.fixture(params=["memory", "stored"])
def preferences(request: pytest.FixtureRequest, state: State) -> Preferences:
    return InMemoryPreferences() if request.param == "memory" else state.preferences


async def test_a_chat_that_chose_nothing_has_the_defaults(preferences: Preferences) -> None:
    assert await preferences.get(GROUP) == Preference()


async def test_a_choice_is_kept_for_every_topic_of_its_chat_and_for_no_other(
    preferences: Preferences,
) -> None:
    chosen = Preference("en", 3, Askers.ADMINS)
    await preferences.put(GROUP, chosen)
    assert await preferences.get(Chat("telegram", "-100", ChatType.GROUP)) == chosen
    assert await preferences.get(Chat("telegram", "-101", ChatType.GROUP)) == Preference()
    assert await preferences.get(Chat("other", "-100", ChatType.GROUP)) == Preference()


async def test_choosing_again_replaces_and_the_defaults_leave_nothing(preferences: Preferences) -> None:
    await preferences.put(GROUP, Preference("en"))
    await preferences.put(GROUP, Preference("zh-Hant", 5))
    assert await preferences.get(GROUP) == Preference("zh-Hant", 5)
    await preferences.put(GROUP, Preference())
    assert await preferences.get(GROUP) == Preference()


async def test_choices_follow_a_chat_to_its_new_id_unless_it_chose_anew(state: State) -> None:
    old, new = Chat("telegram", "-5", ChatType.GROUP), Chat("telegram", "-1005", ChatType.GROUP)
    await state.preferences.put(old, Preference("en"))
    for _ in range(2):
        await state.chat_migrations.moved("telegram", "-5", "-1005")
        assert await state.preferences.get(new) == Preference("en")
    await state.preferences.put(old, Preference("zh-Hant"))
    await state.chat_migrations.moved("telegram", "-5", "-1005")
    assert await state.preferences.get(new) == Preference("en")
