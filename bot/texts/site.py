"""What the page says beside answers, and what is said of libraries, follow-ups and clippings in a chat."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SitePhrases:
    """What the page says beside answers; `wrong` is by HTTP status."""

    name: str
    skip: str
    promise: str
    talk: str
    question: str
    placeholder: str
    ask: str
    you_asked: str
    no_words: str
    how_to_ask: tuple[str, ...]
    articles: str
    all_articles: str
    folded: str
    file_lines: str
    back: str
    back_to_answer: str
    no_article: str
    no_question: str
    asked_twice: str
    longest_question: str
    wrong_limit: str
    wrong_page: str
    wrong_order: str
    wrong_year: str
    wrong: dict[str, str]
    # the conversation
    new_talk: str
    forget: str
    copy: str
    copied: str
    useful: str
    useless: str
    thanks: str
    vote_from_elsewhere: str
    asking: str
    # the list of articles
    counted: str
    filtered: str
    none_fit: str
    words: str
    year: str
    newspaper: str
    library: str
    every: str
    order: str
    by_date: str
    by_title: str
    show: str
    facts: str
    next_page: str
    previous_page: str
    # the article
    read: str
    raw: str
    clipping: str
    clipping_of: str
    no_clipping: str
    clipping_busy: str
    quoted: str
    hit_of: str
    next_hit: str
    previous_hit: str
    link_here: str
    keywords: str
    sharing: str
    # languages and scripts
    menu: str
    language: str
    script: str
    scripts: dict[str, str]
    converted: str


@dataclass(frozen=True, slots=True)
class TalkPhrases:
    """What is said of follow-ups, libraries, clippings and what helps where nothing is found."""

    understood: str
    library: str
    missing: str
    rest: str
    rest_in: str
    near_articles: str
    new: str
    libraries: str
    no_libraries: str
    every_library: str
    in_library: str
    no_library: str
    library_chosen: str
    compare_how: str
    nothing_more: str
    clipping: str
    no_clipping: str
    sort_by_title: str
    sort_by_date: str
    previous_page: str


ZH_HANS = SitePhrases(
    name="出处",
    skip="跳到提问框",
    promise="报上怎么写，就怎么答；每句话都带出处",
    talk="问答",
    question="问题",
    placeholder="写一个词，或者一个问题",
    ask="查",
    you_asked="你问：",
    no_words="（空）",
    how_to_ask=(
        "写一个词：地名、人名、单位名；",
        "几个词，用空格分开；",
        "或者一个问题：……是多少？……是谁？……为什么？",
    ),
    articles="文章",
    all_articles="全部 {} 篇文章",
    folded="{}（{}）",
    file_lines="文件原文",
    back="回到提问",
    back_to_answer="回到“{}”的答案",
    no_article="没有这篇文章，也许更新时换掉了。",
    no_question="请用 q 写上问题，例如 /api/ask?q=词",
    asked_twice="q 只能写一次。",
    longest_question="问题太长了，最多 {} 个字。",
    wrong_limit="limit 要写 1 到 {} 的整数。",
    wrong_page="page 要写从 1 开始的整数。",
    wrong_order="sort 只可以写 date 或 title。",
    wrong_year="year 要写四位数的年份。",
    wrong={
        "400": "这个请求写得不对。",
        "403": "这个请求不是从本页发出的。",
        "404": "没有这一页。",
        "405": "这里只能读，不能写。",
        "413": "发来的内容太多了。",
        "414": "问题太长了。",
        "429": "请求太多了，请过一会儿再试。",
    },
    new_talk="开始新的问答",
    forget="删去这一问",
    copy="连出处复制",
    copied="已复制",
    useful="有用",
    useless="没用",
    thanks="谢谢，记下了。",
    vote_from_elsewhere="这一票不是从本页投的，没有记下。",
    asking="正在查……",
    counted="共 {} 篇",
    filtered="{} 篇合乎条件",
    none_fit="没有合乎条件的文章。",
    words="词",
    year="年份",
    newspaper="报纸",
    library="库",
    every="全部",
    order="排序",
    by_date="按日期",
    by_title="按标题",
    show="列出",
    facts="{} 句",
    next_page="下一页",
    previous_page="上一页",
    read="文章",
    raw="原始行",
    clipping="剪报",
    clipping_of="剪报：印着这句话的地方，句子框出",
    no_clipping="这句话没有剪报：只有 PDF 里的句子才有。",
    clipping_busy="剪报正忙，请稍后再试。",
    quoted="引用的句子",
    hit_of="第 {} 处，共 {} 处",
    next_hit="下一处",
    previous_hit="上一处",
    link_here="这一句的链接",
    keywords="关键词",
    sharing="关键词相同的文章",
    menu="页面",
    language="语言",
    script="原文的字",
    scripts={"": "照原样", "hans": "简", "hant": "繁"},
    converted="引文的字已转换，原文以原样为准。",
)

EN = SitePhrases(
    name="出处",
    skip="Skip to the question box",
    promise="Answers in the newspapers' own words; each with its source",
    talk="Questions and answers",
    question="Question",
    placeholder="A word or a question in Chinese",
    ask="Ask",
    you_asked="You asked: ",
    no_words="(nothing)",
    how_to_ask=(
        "Write a word: a place, a person, a company;",
        "several words, with spaces between;",
        "or a question: ……是多少？……是谁？……为什么？",
    ),
    articles="Articles",
    all_articles="All {:,} articles",
    folded="{} ({})",
    file_lines="The file's own lines",
    back="Back to the question box",
    back_to_answer="Back to the answer to “{}”",
    no_article="There is no such article; it may have been replaced.",
    no_question="Write the question as q, for example /api/ask?q=词",
    asked_twice="q may be given once only.",
    longest_question="The question is too long; at most {} characters.",
    wrong_limit="limit must be a whole number from 1 to {}.",
    wrong_page="page must be a whole number from 1.",
    wrong_order="sort must be date or title.",
    wrong_year="year must be a year of four digits.",
    wrong={
        "400": "This request is not well formed.",
        "403": "This request does not come from this page.",
        "404": "There is no such page.",
        "405": "Here one can only read.",
        "413": "That is too much to send.",
        "414": "The question is too long.",
        "429": "Too many requests; please try again in a moment.",
    },
    new_talk="Start over",
    forget="Delete this question",
    copy="Copy with source",
    copied="Copied",
    useful="Useful",
    useless="Not useful",
    thanks="Thank you, noted.",
    vote_from_elsewhere="This vote was not cast from this page and was not counted.",
    asking="Looking …",
    counted="{:,} articles",
    filtered="{:,} articles fit",
    none_fit="No article fits.",
    words="Words",
    year="Year",
    newspaper="Newspaper",
    library="Library",
    every="All",
    order="Sort",
    by_date="by date",
    by_title="by title",
    show="List",
    facts="{:,} sentences",
    next_page="Next page",
    previous_page="Previous page",
    read="Article",
    raw="Raw lines",
    clipping="Clipping",
    clipping_of="Clipping: the place where this sentence is printed, framed",
    no_clipping="There is no clipping of this sentence: only those in a PDF have one.",
    clipping_busy="Clippings are busy; please try again in a moment.",
    quoted="Quoted sentence",
    hit_of="Place {} of {}",
    next_hit="Next place",
    previous_hit="Previous place",
    link_here="Link to this sentence",
    keywords="Key words",
    sharing="Articles with the same key words",
    menu="Pages",
    language="Language",
    script="Characters of quotes",
    scripts={"": "as printed", "hans": "简", "hant": "繁"},
    converted="The characters of quotes are converted; as printed is what counts.",
)

ZH_HANS_TALK = TalkPhrases(
    understood="理解为：{}",
    library="〔{}〕",
    missing="文章里没有这些词：{}",
    rest="关于“{}”有 {} 篇文章",
    rest_in="{} {} 篇",
    near_articles="相近的文章：",
    new="好，从头开始。下一个问题不再接着前面的问。",
    libraries="在哪个库里查？现在：{}",
    no_libraries="这里没有分库：文章文件夹的每个子文件夹是一个库。",
    every_library="所有的库",
    in_library="在“{}”里查：",
    no_library="没有“{}”这个库。有：{}",
    library_chosen="以后在这里只查“{}”。/library 可以改。",
    compare_how="用法：/compare 闵行区，各库怎么说就列在一起。",
    nothing_more="“{}”没有更多的了。",
    clipping="剪报",
    no_clipping="这句话没有剪报。",
    sort_by_title="按标题",
    sort_by_date="按日期",
    previous_page="上一页",
)

EN_TALK = TalkPhrases(
    understood="Understood as: {}",
    library="〔{}〕",
    missing="No article holds: {}",
    rest="Articles about “{}”: {:,}",
    rest_in="{} {:,}",
    near_articles="Articles that come near:",
    new="Starting over; the next question follows from nothing before.",
    libraries="Which library to look in? Now: {}",
    no_libraries="There are no libraries here: each sub-folder of the articles is one.",
    every_library="All libraries",
    in_library="Within “{}”:",
    no_library="There is no library “{}”. There are: {}",
    library_chosen="From now on only “{}” is searched here. /library changes that.",
    compare_how="Usage: /compare 闵行区 puts side by side what each library says.",
    nothing_more="There is no more about “{}”.",
    clipping="Clipping",
    no_clipping="There is no clipping of this sentence.",
    sort_by_title="By title",
    sort_by_date="By date",
    previous_page="Previous page",
)
