"""What is said about questions to come back to, watches, and being forgotten; one set a language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LearningPhrases:
    """One language's texts; `{}` marks where a word or number goes in."""

    tell_me: str
    will_tell: str
    ask_again: str
    hope_full: str
    told: str
    news: str
    news_more: str
    watch_how: str
    watching: str
    watched_already: str
    watch_full: str
    watch_nothing: str
    watches: str
    no_watches: str
    unwatch: str
    unwatched: str
    not_watched: str
    admins_only: str
    forgotten: str
    forget_in_private: str
    not_now: str


_HANS = LearningPhrases(
    tell_me="有了告诉我",
    will_tell="好的，查得到了就告诉你；最多等 30 天。",
    ask_again="请再问一次。",
    hope_full="这里已经有 {} 个问题在等，不能再多；有一个等到了，或满了 30 天，就能再加。",
    told="你问过的“{}”，现在查到了：",
    news="你关注的“{}”有新的报道：",
    news_more="另有 {} 条，发“{}”给我就能看到。",
    watch_how="请写上要关注的词，例如：/watch 养老",
    watching="开始关注“{}”。有新的报道，我会把原话和出处发到这里。/watches 看全部。",
    watched_already="“{}”已经在关注了。",
    watch_full="最多关注 {} 个词；请先用 /unwatch 去掉一个。",
    watch_nothing="“{}”里没有可以关注的词，请换一个。",
    watches="正在关注：",
    no_watches="还没有关注任何词。例如：/watch 养老",
    unwatch="不再关注“{}”",
    unwatched="不再关注“{}”。",
    not_watched="没有在关注“{}”。/watches 看全部。",
    admins_only="在群里只有群管理员能管关注的词。",
    forgotten="已经删除了与你有关的一切：问过的、等着的、关注的、评过的。你再用我时，一切从头开始。",
    forget_in_private="请在私聊里用这个命令。",
    not_now="这个现在做不了，请稍后再试。",
)

_HANT = LearningPhrases(
    tell_me="有了告訴我",
    will_tell="好的，查得到了就告訴你；最多等 30 天。",
    ask_again="請再問一次。",
    hope_full="這裡已經有 {} 個問題在等，不能再多；有一個等到了，或滿了 30 天，就能再加。",
    told="你問過的「{}」，現在查到了：",
    news="你關注的「{}」有新的報道：",
    news_more="另有 {} 條，發「{}」給我就能看到。",
    watch_how="請寫上要關注的詞，例如：/watch 養老",
    watching="開始關注「{}」。有新的報道，我會把原話和出處發到這裡。/watches 看全部。",
    watched_already="「{}」已經在關注了。",
    watch_full="最多關注 {} 個詞；請先用 /unwatch 去掉一個。",
    watch_nothing="「{}」裡沒有可以關注的詞，請換一個。",
    watches="正在關注：",
    no_watches="還沒有關注任何詞。例如：/watch 養老",
    unwatch="不再關注「{}」",
    unwatched="不再關注「{}」。",
    not_watched="沒有在關注「{}」。/watches 看全部。",
    admins_only="在群裡只有群管理員能管關注的詞。",
    forgotten="已經刪除了與你有關的一切：問過的、等著的、關注的、評過的。你再用我時，一切從頭開始。",
    forget_in_private="請在私聊裡用這個命令。",
    not_now="這個現在做不了，請稍後再試。",
)

_EN = LearningPhrases(
    tell_me="Tell me when found",
    will_tell="I will tell you once something is found, within 30 days.",
    ask_again="Please ask again.",
    hope_full="{} questions are waited for here, which is the most. One is freed when it is found, or after 30 days.",
    told="You asked for “{}”. Now there is this:",
    news="News about “{}”, which you watch:",
    news_more="{} more; send me “{}” to see them.",
    watch_how="Please add the words to watch, for example: /watch 养老",
    watching="Watching “{}”. New reports will be quoted here with their sources. /watches shows all.",
    watched_already="“{}” is being watched already.",
    watch_full="At most {} watches; please remove one first with /unwatch.",
    watch_nothing="There is nothing to watch in “{}”; please choose another word.",
    watches="Watching:",
    no_watches="Nothing is being watched yet. For example: /watch 养老",
    unwatch="Stop watching “{}”",
    unwatched="No longer watching “{}”.",
    not_watched="“{}” is not being watched. /watches shows all.",
    admins_only="In a group only its admins manage watches.",
    forgotten="Everything about you has been deleted: questions, hopes, watches, votes. Next time we start afresh.",
    forget_in_private="Please use this command in a private chat.",
    not_now="This cannot be done right now. Please try again later.",
)


def learning_phrases(language: str) -> LearningPhrases:
    """The texts in the interface language that `Phrases.language` names."""
    return {"zh-Hans": _HANS, "zh-Hant": _HANT}.get(language, _EN)
