"""What whoever runs the bot is told day by day: how a start, a build, a watched folder and replicas go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperatingPhrases:
    """The texts of one language; `stages` are by what the code calls them."""

    sorting: str
    sorting_begins: str
    sorting_ends: str
    starting_page: str
    starting_soon: str
    starting_chat: str
    opened: str
    page_only: str
    platform_on: str
    platform_off: str
    listening: str
    built_first: str
    stopped_early: str
    only_answers: str
    admin_commands: str
    embedding_stopped: str
    embedding: str
    embedding_waits: str
    embedded: str
    embedding_skipped: str
    embedding_died: str
    in_chinese: str


ZH_HANS = OperatingPhrases(
    sorting="正在整理 {:,} / {:,}",
    sorting_begins="正在整理文章",
    sorting_ends="正在存下整理好的文章",
    starting_page="正在准备",
    starting_soon="整理好了就能提问，这一页会自己更新。",
    starting_chat="{}……好了就回答你。",
    opened="网页在 {}；{}。",
    page_only="没有接通聊天平台",
    platform_on="{} 已接通",
    platform_off="要接通 {}，请设 {}",
    listening="网页已在 {} 打开，文章整理好就能提问",
    built_first="已建成版本 {}，{} 篇，{} 句",
    stopped_early="还没有整理完就停下了，什么也没有留下；下次从头整理",
    embedding_stopped="语义检索：停在 {}/{} 句（{}）",
    embedding="语义检索：已编码 {}/{} 句，其余先按字词回答",
    embedding_waits="语义检索：等待编码",
    embedded="语义检索：{} 句都已编码",
    embedding_skipped="，其中 {} 个文件有句子跳过（如 {}：{}）",
    embedding_died="编码的进程中途结束（退出码 {}）",
    admin_commands="给管理员的命令：",
    in_chinese="文章是中文的，请用中文再问一次，例如“上海 养老”。",
    only_answers="{} 不能写入（{}）：只作答，不保存",
)

EN = OperatingPhrases(
    sorting="Sorting {:,} / {:,}",
    sorting_begins="Sorting the articles",
    sorting_ends="Storing the sorted articles",
    starting_page="Getting ready",
    starting_soon="Questions can be asked as soon as that is done; this page renews itself.",
    starting_chat="{} … I will answer when it is done.",
    opened="The page is at {}; {}.",
    page_only="no chat platform is connected",
    platform_on="{} is connected",
    platform_off="to connect {}, set {}",
    listening="The page is open at {}; questions can be asked when the articles are sorted",
    built_first="Version {} is built: {} articles, {} sentences",
    stopped_early="Stopped before everything was sorted; nothing is left behind, the next start begins anew",
    embedding_stopped="search by meaning: stopped at {}/{} sentences ({})",
    embedding="search by meaning: {}/{} sentences are encoded, the others are found by words meanwhile",
    embedding_waits="search by meaning: waiting to begin",
    embedded="search by meaning: {} sentences are encoded",
    embedding_skipped=" but for some in {} files (such as {}: {})",
    embedding_died="the process that encodes ended midway (exit code {})",
    admin_commands="Commands for admins:",
    in_chinese="The articles are in Chinese: please ask again in Chinese, for example “上海 养老”.",
    only_answers="{} cannot be written ({}): answers only, nothing is stored",
)


@dataclass(frozen=True, slots=True)
class ReplicaPhrases:
    """What an admin is told of the other processes that serve the same bot."""

    all_serve: str
    line: str
    behind: str
    trouble: str


REPLICAS_ZH_HANS = ReplicaPhrases(
    all_serve="{} 个副本都换上了。",
    line="　副本 {}：版本 {}",
    behind="有副本还没有换上，正在取：",
    trouble="（{}）",
)

REPLICAS_EN = ReplicaPhrases(
    all_serve="All {} replicas serve it.",
    line="　replica {}: version {}",
    behind="Not every replica serves it yet; they go on fetching:",
    trouble=" ({})",
)
