"""English."""

from bot.texts.phrases import Phrases

PHRASES = Phrases(
    language="en",
    start="I am 出处 (“source”). Send me a word or a question in Chinese; I answer only in the newspapers' own words "
    "and say which article and line they stand on.\n\n"
    "For example:\na word: a place, a person, a company\nseveral words, with spaces between\na question: ……是多少？……是谁？……为什么？",
    help="Just send words or a question.\n\n"
    "“phrase” in quotes: exactly these characters in a row\n-word: nothing that holds this word\n"
    "文:word: only articles with this word in the title\n\n"
    "Buttons under an answer:\nContext: the sentences around it\nSource: the raw lines of the file\n"
    "More: next page, other reports, why it matched\n\n"
    "If I find nothing I say so and show what comes nearest. Not found does not mean it did not happen.",
    about="出处 finds facts in a folder of newspaper articles, quotes them word for word, and names title, lines and "
    "file. It now knows {articles} articles with {facts} sentences.",
    nothing_found="The reports at hand say nothing about “{}”.",
    nothing_asked="Please write a word or a question.",
    nearest="What comes nearest (for reference only):",
    related="Related, but no direct answer:",
    near_spelling="Found under “{}”:",
    did_you_mean="Did you mean: {}",
    several_reports="From different reports:",
    differing_reports="The reports differ:",
    cite="——《{title}》, {lines} · {file}",
    line="line {}",
    line_run="lines {}–{}",
    page="page {}, ",
    campaign="[{}]",
    context="Context",
    source="Source",
    more="More",
    next_page="Next page",
    first_page="First page",
    other_reports="Other reports",
    why="Why this?",
    liked="👍",
    disliked="👎",
    thanks="Thank you, noted.",
    welcome="You are welcome. Send me anything else you want to look up.",
    source_cut="… ({} lines left out)",
    page_of="page {page} of {pages}",
    no_other_reports="No other reports found.",
    no_more="That is all.",
    stale="This result has expired; please ask again.",
    refreshed="The articles have changed; these are the new results.",
    too_slow="This question took too long, so I stopped. Please try a shorter one.",
    too_many="That is too much at once: some questions were left unanswered. Please ask again in a minute.",
    failed="Something went wrong and it could not be done. Please try again later.",
    rungs={
        "phrase": "the words you wrote stand there in a row",
        "words": "the words you wrote stand there",
        "number": "the number agrees",
        "alias": "the report uses another name for it",
        "pinyin": "it sounds the same",
        "spelling": "it is written much the same",
    },
    why_matched="{rung}: {words}",
    unknown_command="There is no such command. Send /help, or simply the word you look for.",
    no_files="Files are taken from admins only. To look something up, simply write it to me.",
    group_help="In a group I answer only when addressed:\n/find word, @me word, or a reply to my message.\n\n"
    "I cannot see other messages here: Telegram's privacy mode hands me commands, mentions and replies to me only.\n"
    "The group's admins set with /settings how many facts I show, in which language, and who may ask.",
    fact_gone="This sentence is no longer in the reports at hand.",
    articles_of="{} articles at hand:",
    article_facts="{} sentences",
    no_article="No article has “{}” in its title. /articles lists them all.",
    only_admins_ask="In this group only admins may ask.",
    only_admins_set="Only the group's admins may change its settings.",
    settings_here="Settings",
    setting_language="Language: {}",
    setting_facts="Facts shown at once: {}",
    setting_askers="Who may ask: {}",
    as_platform="each reader's own",
    everyone="everyone",
    admins_only="admins only",
    by_default="automatic",
    saved="Saved.",
    inline_how="Write a word or a question",
    inline_how_more="a place, a person, or “……是多少？”",
    commands={
        "find": "look a word or question up",
        "articles": "which articles there are",
        "article": "read one article",
        "watch": "tell me when new reports mention a word",
        "watches": "what I watch",
        "settings": "settings",
        "help": "how to use this",
        "forget_me": "delete everything about me",
    },
)
