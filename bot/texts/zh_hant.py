"""繁體中文。"""

from bot.texts.phrases import Phrases

PHRASES = Phrases(
    language="zh-Hant",
    start="我是「出處」。把要查的詞或問題發給我，我只用報紙文章裡的原話回答，並告訴你它在哪篇文章、第幾行。\n\n"
    "可以這樣問：\n一個詞：地名、人名、單位名\n幾個詞：用空格分開\n一個問題：……是多少？……是誰？……為什麼？",
    help="直接發詞或問題就行。\n\n"
    "「詞組」 加引號：要求原樣連著出現\n-詞 前面加減號：不要含這個詞的\n文:詞 只在標題裡有這個詞的文章中找\n\n"
    "答案下面的按鈕：\n上下文 看這句話前後說了什麼\n原文 看檔案裡的原始幾行\n更多 下一頁、其他報道、為什麼匹配\n\n"
    "查不到時我會直說「沒有查到」，並給出最接近的句子供參考；沒有查到不等於沒有發生。",
    about="出處：從一個裝著報紙文章的資料夾裡找事實，一字不改地引用，並寫明標題、行號和檔案。"
    "現有 {articles} 篇文章、{facts} 句話。",
    nothing_found="現有報道裡沒有查到「{}」。",
    nothing_asked="請寫上要查的詞或問題。",
    nearest="最接近的是（僅供參考）：",
    related="有關的還有（不是直接回答）：",
    near_spelling="按「{}」查到：",
    did_you_mean="你要找的是不是：{}",
    several_reports="分屬不同報道：",
    differing_reports="報道說法不同：",
    cite="——《{title}》{lines} · {file}",
    line="第{}行",
    line_run="第{}–{}行",
    page="第{}頁",
    section="（{}）",
    campaign="【{}】",
    context="上下文",
    source="原文",
    more="更多",
    next_page="下一頁",
    first_page="回到第一頁",
    other_reports="其他報道",
    why="為什麼匹配",
    liked="👍",
    disliked="👎",
    thanks="謝謝，記下了。",
    context_of="上下文",
    source_of="原文",
    source_cut="……（略去 {} 行）",
    page_of="第 {page} 頁，共 {pages} 頁",
    no_other_reports="沒有查到其他報道。",
    no_more="沒有更多了。",
    stale="這條結果已經過期，請再問一次。",
    refreshed="文章更新過了，這是新的結果。",
    too_slow="這個問題查得太慢，先停下了。請換個短一點的問法再試。",
    failed="出了點問題，這次沒有查成。請稍後再試。",
    rungs={
        "phrase": "原文裡連著出現了你寫的詞",
        "words": "原文裡有你寫的這些詞",
        "number": "數字對得上",
        "alias": "原文用的是它的另一種說法",
        "pinyin": "讀音相同",
        "spelling": "字形或寫法相近",
    },
    why_matched="{rung}：{words}",
)
