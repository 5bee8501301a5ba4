"""简体中文。"""

from bot.texts.phrases import Phrases

PHRASES = Phrases(
    language="zh-Hans",
    start="我是“出处”。把要查的词或问题发给我，我只用报纸文章里的原话回答，并告诉你它在哪篇文章、第几行。\n\n"
    "可以这样问：\n一个词：地名、人名、单位名\n几个词：用空格分开\n一个问题：……是多少？……是谁？……为什么？",
    help="直接发词或问题就行。\n\n"
    "“词组” 加引号：要求原样连着出现\n-词 前面加减号：不要含这个词的\n文:词 只在标题里有这个词的文章中找\n\n"
    "答案下面的按钮：\n上下文 看这句话前后说了什么\n原文 看文件里的原始几行\n更多 下一页、其他报道、为什么匹配\n\n"
    "查不到时我会直说“没有查到”，并给出最接近的句子供参考；没有查到不等于没有发生。",
    about="出处：从一个装着报纸文章的文件夹里找事实，一字不改地引用，并写明标题、行号和文件。"
    "现有 {articles} 篇文章、{facts} 句话。",
    nothing_found="现有报道里没有查到“{}”。",
    nothing_asked="请写上要查的词或问题。",
    nearest="最接近的是（仅供参考）：",
    related="有关的还有（不是直接回答）：",
    near_spelling="按“{}”查到：",
    did_you_mean="你要找的是不是：{}",
    several_reports="分属不同报道：",
    differing_reports="报道说法不同：",
    cite="——《{title}》{lines} · {file}",
    line="第{}行",
    line_run="第{}–{}行",
    page="第{}页",
    section="（{}）",
    campaign="【{}】",
    context="上下文",
    source="原文",
    more="更多",
    next_page="下一页",
    first_page="回到第一页",
    other_reports="其他报道",
    why="为什么匹配",
    liked="👍",
    disliked="👎",
    thanks="谢谢，记下了。",
    context_of="上下文",
    source_of="原文",
    source_cut="……（略去 {} 行）",
    page_of="第 {page} 页，共 {pages} 页",
    no_other_reports="没有查到其他报道。",
    no_more="没有更多了。",
    stale="这条结果已经过期，请再问一次。",
    refreshed="文章更新过了，这是新的结果。",
    too_slow="这个问题查得太慢，先停下了。请换个短一点的问法再试。",
    failed="出了点问题，这次没有查成。请稍后再试。",
    rungs={
        "phrase": "原文里连着出现了你写的词",
        "words": "原文里有你写的这些词",
        "number": "数字对得上",
        "alias": "原文用的是它的另一种说法",
        "pinyin": "读音相同",
        "spelling": "字形或写法相近",
    },
    why_matched="{rung}：{words}",
)
