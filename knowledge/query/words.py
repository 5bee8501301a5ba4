"""Which words of a query say what it is about, and which only hold it together."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.text.analyzer import Token

STOP_WORDS = frozenset(
    """
    的 地 得 了 着 过 是 在 于 有 和 与 及 跟 同 或 也 都 还 又 就 才 而 但 并
    且 被 把 将 给 让 使 对 对于 关于 从 自 到 向 往 由 以 为 为了 按 按照 通过
    根据 据 之 其 这 那 这个 那个 这些 那些 这里 那里 此 该 本 我 你 您 他 她 它
    我们 你们 他们 咱们 吗 呢 吧 啊 呀 嘛 哦 请问 请 告诉 想 知道 想知道 我想 帮 帮我
    查 查一下 一下 说说 说 讲 讲讲 介绍 看看 找 找找 有关 相关 情况 一共 总共 共 共计
    大约 大概 左右 什么 啥 谁 哪 哪里 哪儿 哪个 哪些 哪家 哪位 怎么 怎样 如何 为什么
    为何 为啥 多少 几 几个 几家 几项 几条 几名 多久 多长 何时 何处 什么时候 是否 有没有
    是不是 能 能否 会 可以 要 没 没有 不 很 最 更 太 这么 那么 等 里 中 上 下 内 个
    一个 些 现在 目前 如今 最近 今后 到底 究竟 具体 主要
    """.split()  # noqa: SIM905  a list of two hundred words, one a line, would hide them
)
"""Function words, politeness and question words: alone they ask for nothing."""

_HOLLOW = frozenset({"x", "w", "uj", "ul", "uz", "ug", "uv", "ud", "p", "c", "y", "e", "o", "u"})


def content_words(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return the tokens that carry meaning: neither stop words nor marks, particles or prepositions."""
    return tuple(
        token
        for token in tokens
        if token.text not in STOP_WORDS
        and any(c.isalnum() for c in token.text)
        and (token.tag not in _HOLLOW or token.text.isascii() or len(token.text) > 1)
    )
