"""The short answer of a fact: its candidates, the words it is bound to, what of the query stands there, and which one answers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answering.alignment import LEVELS, Aligner, Alignment, Doubts
from knowledge.answering.candidates import LONGEST_ANSWER, CandidateKind, candidates
from knowledge.answering.constraints import SlotKind, asked_person
from knowledge.answering.extractor import FactReading
from knowledge.answering.reader import DoubtedWord, ProposedSpan, WindowReading
from knowledge.answering.window import Passage, Surroundings
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.query.question import QuestionType
from knowledge.snapshot import answer_model
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.training.near_misses import crossed
from tests.support.words import examples

CHINESE = ChineseAnalyzer()
BRIDGE = "柳湾大桥全长1860米，由柳江路桥公司承建，2022年9月通车。"
RECORDS = "女子百米纪录由林晓梅保持，男子百米纪录由陈立保持。"
TRADE = "2023年柳江市进口额为18亿元，2024年达31.6亿元，同比增长75.6%，占全省的12.5%。"


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("柳湾大桥有多长", BRIDGE, "1860米"),
        ("柳湾大桥由谁承建", BRIDGE, "柳江路桥公司"),
        ("柳湾大桥什么时候通车", BRIDGE, "2022年9月"),
        ("2024年柳江市进口额是多少", TRADE, "31.6亿元"),
        ("2023年柳江市进口额是多少", TRADE, "18亿元"),
        ("进口额增长多少", TRADE, "75.6%"),
        ("进口额占全省多少", TRADE, "12.5%"),
        ("有多少名党员参加", "近35万名党员参加了活动。", "近35万名"),
        ("西城区新增多少个充电桩", "东城区新增充电桩910个，西城区新增充电桩330个。", "330个"),
        ("总投资多少", "水库工程完工，总投资8 6 0 0万元。", "8 6 0 0万元"),
        ("总机电话是多少", "总机电话：8888", "8888"),
        ("330", "西城区新增充电桩330个，居全市第一。", "西城区新增充电桩330个"),
        ("大桥宽多少米", "大桥长1860米、宽32米。", "32米"),
        ("到机场要多久", "大桥通车后，到机场的车程由50分钟缩短至18分钟。", "18分钟"),
        ("到机场原来要多久", "大桥通车后，到机场的车程由50分钟缩短至18分钟。", "50分钟"),
        ("旧档案为什么转移", "因旧楼漏水严重，旧档案已于去年转移至新馆。", "旧楼漏水严重"),
        ("现场确认是什么时候", "网上报名时间为3月12日至3月16日，现场确认时间为3月20日。", "3月20日"),
        ("100米亚军是谁", "江州选手王建国获得100米冠军，李志强获得亚军。", "李志强"),
        ("KD310售价", "车间安装的KD310售价12.98万元起，功率520千瓦。", "12.98万元"),
        ("柳江市长是谁", "柳江市市长陈建国表示，明年再建一座桥。", "陈建国"),
        ("城镇化率提高了多少", "城镇化率63.4%，比上年末提高0.9个百分点。", "0.9个百分点"),
        ("停水停到几点", "7月19日22时至7月20日22时，城西片区将停水24小时。", "7月20日22时"),
        ("多少小区停水", "停水涉及柳南街道共11个小区、约2.6万户居民。", "11个小区"),
        ("周建国电话", "联系人：周建国　联系电话：0571-8692 3317", "0571-8692 3317"),
        ("检修到几点", "二、检修时间：6月3日9时至21时。", "21时"),
        ("检修从几点开始", "二、检修时间：6月3日9时至21时。", "6月3日9时"),
        ("检修时间", "二、检修时间：6月3日9时至21时。", "6月3日9时至21时"),
        ("城南馆观众多少万人次", "分馆：城南馆｜面积：70亩｜观众（万人次）：15", "15"),
        ("二号线设几座换乘站", "二号线设19座车站，其中4座换乘站。", "4座"),
        ("二号线有几座换乘站", "二号线有车站19座，其中换乘站4座。", "4座"),
        ("宏远什么时候收购青山", "2015年2月宏远与江州合并，2016年8月宏远收购青山。", "2016年8月"),
        ("宏远什么时候与江州合并", "2015年2月宏远与江州合并，2016年8月宏远收购青山。", "2015年2月"),
        ("收到多少封来信", "办公室已收到近300封来信。", "近300封"),
        ("城区新增多少学位", "全市新增学位3600个，其中城区2400个，乡镇1200个。", "2400个"),
        ("男患者是女患者的几倍", "男患者是女患者的7倍。", "7倍"),
        ("本届展会成交额多少", "展会吸引60万人次参观，成交额达3.2亿元。", "3.2亿元"),
        ("男子百米纪录由谁保持", RECORDS, "陈立"),
        ("女子百米纪录由谁保持", RECORDS, "林晓梅"),
        ("柳江汽车与谁合作", "柳江汽车与百度签署合作协议。", "百度"),
        ("哪个区的车站最早试点", "柳南区新桥车站率先试点无纸化乘车。", "柳南区"),
        ("宏远集团的总部设立在什么地区", "宏远集团总部位于柳南区。", "柳南区"),
        ("陶艺班多少钱", "编程班16课时收费1280元，陶艺班12课时收费960元。", "960元"),
        ("柳江队排第几", "柳江队第七轮以6胜1负升至积分榜第二，东陵队排名第四。", "第二"),
        ("台风什么时候登陆", "台风预计12日夜间在沿海登陆。", "12日夜间"),
        ("采了多少份生物样品", "科考队采集生物样品212份。", "212份"),
        ("投票率有多高", "公布的投票率为74%。", "74%"),
        ("75岁乘客打几折", "60-69岁乘客凭卡打9折，75岁及以上打7折。", "7折"),
        ("乙组学员增长多少", "甲组学员3820人，增长4.6%；乙组学员1750人，增长6.5%。", "6.5%"),
        ("体育馆几点关门", "体育馆关门时间由19:00延至21:30，周一照常关门。", "21:30"),
        ("老车站售票处到什么时候", "新车站于2025年9月1日启用，老车站售票处保留至9月7日24时。", "9月7日24时"),
        ("停气到几点", "南苑路1-88号于3月18日（星期二）22:00至3月19日6:00停气。", "3月19日6:00"),
        ("一期工程何时竣工", "一期工程于2022/03/15开工，2023-11-30竣工。", "2023-11-30"),
        ("一期工程何时开工", "一期工程于2022/03/15开工，2023-11-30竣工。", "2022/03/15"),
        ("对东陵出口多少", "江州、东陵为前两大市场，分别出口1.6亿、0.9亿美元。", "0.9亿美元"),
        ("海关关长是谁", "海关关长林志远表示，将推出十项措施。", "林志远"),
        ("年报什么时候发布的", "海科股份3月28日发布2023年年报。", "3月28日"),
        ("周几休息", "营业时间：9:30—20:30（周二休息）", "周二"),
        ("抛了几把菜刀", "他先后将两把菜刀、一个花盆从楼上抛下。", "两把"),
        ("决赛比分是多少", "江苏队以3∶2逆转战胜天津队，夺得决赛冠军。", "3∶2"),
        ("水产饲料收入占比", "水产饲料收入52.3亿元，占总营收的60.5%。", "60.5%"),
        ("19日最低多少度", "19日最高气温29℃，最低21℃。", "21℃"),
        ("罚金是多少", "判处有期徒刑八个月，并处罚金三千元。", "三千元"),
        ("冯正在哪里工作", "冯正毕业后在柳江省水文局工作，那时工作很忙。", "柳江省水文局"),
        ("石塘县有几家绿色工厂", "全省有绿色工厂14家，其中柳江市5家、石塘彝族自治县3家。", "3家"),
        ("冯正以前是哪个学校的校长", "石塘市学军中学校长冯正要退休了。", "石塘市学军中学"),
        ("追思会在哪里举行", "追思会定于11月20日9时30分在江城市文化馆天元厅举行。", "江城市文化馆天元厅"),
        ("市级财政承担多少", "每台电梯补助15万元，其中市级财政承担60%。", "60%"),
        ("服务热线是多少", "服务热线：市图书馆6671 0293", "6671 0293"),
        ("多少单位参加大赛", "大赛共有15家单位参加，观众2000人。", "15家"),
        ("3日最低多少度", "2日最高27℃，3日最高29℃，最低22℃。", "22℃"),
        ("书法课收入占比", "书法课收入52万元，占总收入的61%。", "61%"),
        ("东区有多少户", "区县：东区｜户数：7300", "7300"),
        ("门诊部在几楼", "门诊部：三楼北侧", "三楼北侧"),
        ("每周几闭馆", "本馆自五月一日起，每周二闭馆。", "每周二"),
        ("柴油多少钱", "柴油每升下调0.21元，调整后为6.83元。", "6.83元"),
        ("有多少志愿者", "志愿者比去年少80人，只有420人。", "420人"),
        ("志愿者减少多少人", "志愿者减少80人，只有420人。", "80人"),
        ("每户发多少补助", "发放补助120万元，每户800元。", "800元"),
        ("发了多少补助", "发放补助120万元，每户800元。", "120万元"),
        ("0号柴油多少钱", "0号柴油每升6.83元；95号汽油每升8.12元。", "6.83元"),
        ("毛利率下滑多少", "毛利率和净利率分别下滑4.5%和3.2%；回报率也下滑0.2%。", "4.5%"),
        ("20日傍晚到21日出动多少架飞机", "20日傍晚到今天（21日）早上，出动574架飞机、数十枚导弹。", "574架"),
        ("红霞是第几号台风", "今年第12号台风“红霞”已于今天早晨加强。", "第12号"),
        ("他每天巡护多少公里", "每天，他要巡护近万亩湖泊与草原，行程达60公里。", "60公里"),
        ("征收多少关税", "美国26日称，将征收100%关税。", "100%"),
        ("验一车粮要几分钟", "过去验一车粮需要15到20分钟，如今只需5到8分钟。", "5到8分钟"),
        ("过去验一车粮要几分钟", "过去验一车粮需要15到20分钟，如今只需5到8分钟。", "15到20分钟"),
        ("规定什么时候施行", "规定自2022年2月10日起施行。", "2022年2月10日起"),
        ("早餐多少钱", "早餐由每份6元调到7元，午餐12元。", "7元"),
        ("伞面刷几遍", "伞面刷三遍，伞骨取自五年以上的竹子。", "三遍"),
        ("礼炮鸣几响", "礼炮鸣21响。", "21响"),
        ("几个村停电", "停电的12个村，当晚有9个来电。", "12个村"),
        (
            "带鱼是哪个学校的",
            "不合格的是：一中学校的韭菜，农药超标；柳江中学的带鱼，重金属超标。",
            "柳江中学",
        ),
        ("办法什么时候施行", "第八条 本办法自2026年3月1日起施行，有效期三年。", "2026年3月1日起"),
        ("多大年龄可以报名", "第二条 报名者应当年满16周岁，身高不限。", "满16周岁"),
        ("多少天内要登记", "第三条 养犬人应当自取得犬只之日起20日内登记。", "20日内"),
        ("乱停车罚多少钱", "违反规定乱停车的，处50元以上200元以下罚款。", "50元以上200元以下"),
        ("总共多少名额", "名额：每个社区限报4人，总数60人", "60人"),
        ("江苑多重", "“江苑”9岁，体重112公斤，爱吃竹笋。", "112公斤"),
        ("一共有几条雪道", "今年新开雪道4条，雪道总数达到27条。", "27条"),
        ("图书馆有几间", "现有图书馆45间，年内再建8间。", "45间"),
        ("出口额增长多少", "出口额增长8.4%，其中机电产品增长11.7%。", "8.4%"),
        ("机电产品增长多少", "出口额增长8.4%，其中机电产品增长11.7%。", "11.7%"),
        ("来信寄到哪个邮箱", "来信可寄到邮箱news@liujiang.example，3日内答复。", "news@liujiang.example"),
        ("血站站长是谁", "血站站长乐晓梅说，献血要隔6个月。", "乐晓梅"),
        ("厂长是谁", "厂长庄为民表示，二期已经投产。", "庄为民"),
        ("12路每天多少班", "线路：12路｜起点：车站｜每日班次：26班", "26班"),
        ("东港到西岛的公交有几站", "线路连接东港与西岛，总里程约47公里，共设16个站点。", "16个"),
        ("林晓梅多大年纪", "这是林晓梅第一次演戏，今年她已经67岁。", "67岁"),
        ("校长陪餐制什么时候开始", "从5月1日起，学校食堂实行校长陪餐制，陪餐记录保存两年。", "5月1日起"),
        ("柳江风筝会有多少只风筝", "第4届柳江风筝会开幕，2300多只造型各异的风筝到场。", "2300多只"),
    ],
)
def test_the_likeliest_span_is_said(query: str, fact: str, said: str) -> None:
    answer = reading(query, fact).answer
    assert answer is not None
    assert answer.text == said


def test_the_end_of_what_was_asked_is_its_short_name() -> None:
    fact = "新馆位于东山片区，设阅览座位1600个，藏书75万册。"
    heads = ("柳州图书馆新馆开放",)
    assert reading("柳州图书馆新馆有多少阅览座位", fact, heads=heads).other_subject is None


def test_a_word_alone_has_no_short_answer() -> None:
    assert reading("柳湾大桥", BRIDGE).answer is None


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("城市马拉松完赛率", "据介绍，完赛率为97.3%，无人受伤。", "97.3%"),
        ("陈立得票率", "第九名：陈立 得票率1.27%", "1.27%"),
        ("系统内部版本号", "系统的内部版本号为“00CN_4”。", "00CN_4"),
        ("柳湾大桥桥墩", "柳湾大桥桥墩12座。", None),
        ("总投资", "大桥3月动工，总投资2.6亿元。", "2.6亿元"),
        ("总投资", "大桥一期总投资2亿元，二期3亿元。", None),
    ],
)
def test_of_a_key_phrase_what_stands_behind_it_as_its_value_is_said(
    query: str, fact: str, said: str | None
) -> None:
    answer = reading(query, fact).answer
    assert (answer.text if answer else None) == said


def test_a_bare_clause_answers_nothing_itself() -> None:
    assert reading("在哪里报名", "三、报名地点", after="行政楼305室。").is_barred
    assert not reading("在哪里报名", "三、报名地点为行政楼305室。", after="四、咨询电话").is_barred


@pytest.mark.parametrize(
    ("query", "barred"), [("羊肉上涨多少", True), ("羊肉下降多少", False), ("羊肉降了多少", False)]
)
def test_a_change_the_other_way_answers_nothing(query: str, barred: bool) -> None:
    assert reading(query, "羊肉每公斤71元，下降2.1%。").is_barred is barred


@pytest.mark.parametrize(
    ("query", "fact", "near"),
    [
        ("一期占地多少亩", "二期占地52亩，去年开工。", "一期2011年建成。"),
        ("江苑二号多重", "其中“江苑一号”重260公斤。", "江苑二号去年升空。"),
        ("本雪季救护了多少人", "上个雪季救护97人。", ""),
    ],
)
def test_another_of_a_number_or_turn_answers_nothing(query: str, fact: str, near: str) -> None:
    assert reading(query, fact, near).is_barred


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("骨干每年补助多少", "养护人每年补助600元，骨干提高到1000元。", False),
        ("养护人每年补助多少", "养护人每年补助600元，骨干提高到1000元。", True),
        ("多少水用于冲洗道路", "每天有2.5万吨水送往湿地，1.2万吨用于冲洗道路。", False),
        ("有几间书房", "年内新建书房8间。", False),
        ("新建几间书房", "年内新建书房8间。", True),
        ("处理能力多少", "污水6万吨，加上一期的5万吨，处理能力达到11万吨。", True),
    ],
)
def test_a_figure_is_not_said_of_what_a_later_clause_has_one_of_its_own(
    query: str, fact: str, said: bool
) -> None:
    assert reading(query, fact).may_be_said is said


def test_a_rate_of_something_else_is_no_share() -> None:
    assert reading("死亡率多少", "全年出生率为5.49‰；死亡人口1.78万人。").is_barred


@pytest.mark.parametrize("query", ["展会成交额多少", "展会票价", "展会面积多大"])
def test_a_figure_of_another_measure_answers_nothing(query: str) -> None:
    assert reading(query, "展会吸引60万人次参观。").is_barred


@pytest.mark.parametrize(
    ("query", "fact", "other"),
    [
        ("哪家医院负责", "急救由宏远公司负责。", True),
        ("哪个部门负责", "规划由市规划局负责。", False),
        ("哪支球队夺冠", "深圳队夺冠。", False),
        ("主场在哪里", "深圳队。", True),
        ("赵明是哪里的牧民", "阿拉善左旗牧民赵明以前往返100多公里看病。", False),
        ("科考船的船长叫什么名字", "科考船船长104米。", True),
        ("周几闭馆", "本馆自五月一日起闭馆。", True),
        ("名单什么时候公布", "名单3月15日前在网上公布。", False),
        ("陈立代表哪个队", "郑国梁表示，陈立每天训练。", True),
        ("窝点在哪个市", "窝点设在云塘市一处写字楼。", False),
        ("她母亲是做什么的", "她母亲陈立去年退休。", True),
        ("货船叫什么名字", "货船“远航9号”昨天触礁。", False),
        ("熊猫什么时候出生", "这是该园十年来首次有熊猫出生。", True),
        ("大合唱首演在哪里", "1939年，大合唱在延安首演。", False),
        ("大合唱在哪里首演", "延安首演团到访。", True),
        ("下届运动会由谁承办", "下届运动会由青山乡承办。", False),
        ("下届运动会谁承办", "下届运动会在青山乡承办。", True),
        ("两军为什么发生冲突", "两军在石塘县发生冲突。", True),
        ("旧档案为什么转移", "因旧楼漏水严重，旧档案已于去年转移至新馆。", False),
        ("林场什么时候重新开放", "林场今年秋天重新开放。", False),
    ],
)
def test_a_body_of_another_sort_is_no_answer(query: str, fact: str, other: bool) -> None:
    assert reading(query, fact).is_of_another_kind is other


@pytest.mark.parametrize(
    ("query", "fact", "asked"),
    [
        ("现在几号开始报名", "夏令营6月2日起报名。", "什么时候报名"),
        ("现在几号开始报名", "夏令营6月2日报名。", "什么时候开始报名"),
        ("花了多少钱建桥", BRIDGE, "多少钱建桥"),
        ("陈立多大岁数", "陈立今年47岁。", "陈立多少岁"),
        ("大桥多大", BRIDGE, "大桥多大"),
        ("进口额涨了多少", TRADE, "进口额增长了多少"),
        ("市委全会在哪里举行", "市委全体会议在市政府举行。", "市委全体会议在哪里举行"),
        ("一期多少钱", "围棋班每期600元。", "每期多少钱"),
        ("问题出现在哪里", "漏水处位于东墙。", "问题出现在哪里"),
        (
            "五年级去哪里研学",
            "五年级学生赴农业科技园研学。",
            "五年级哪里研学",
        ),  # a word that answers do without
        ("五年级去哪里研学", "五年级去农业科技园研学。", "五年级去哪里研学"),
        ("陈立做什么", "陈立今年47岁。", "陈立做什么"),
        ("陈立从事什么职业", "陈立今年47岁。", "陈立从事什么职业"),
        ("售后电话是多少", "售后热线：5023120。", "售后热线是多少"),
    ],
)
def test_the_reader_is_asked_in_the_words_of_the_fact(query: str, fact: str, asked: str) -> None:
    assert reading(query, fact).in_its_words.text == asked


@given(st.text("现在几号开始一期涨了多少全会今年大约花钱具体 ", max_size=24))
def test_every_character_of_other_words_stands_for_words_of_the_query(query: str) -> None:
    told = reading(query, "全体会议6月2日起举行，每期增长7%。")
    wording = told.in_its_words
    assert len(wording.places) == len(wording.text)
    assert bool(wording.text.strip()) == bool(told.query.text.strip())
    assert all(0 <= start < end <= len(told.query.text) for start, end in wording.places)


def test_a_time_that_holds_for_a_report_is_not_asked_of_a_sentence_that_leaves_it_out() -> None:
    asked, fact = "今年大约收到多少封来信", "办公室收到300封来信。"
    for date, text in (("2024年5月", "收到多少封来信"), (None, "今年收到多少封来信")):
        passage = Passage(fact, Surroundings(date=date), CHINESE)
        query = analyse(asked.replace("今年", "2024年") if date else asked, Aliases(), CHINESE)
        aligner = Aligner(query, answer_model().doubts, lambda word: 0.5)
        assert FactReading(aligner, passage, answer_model()).in_its_words.text == text


def test_a_word_that_answers_do_without_bears_only_where_it_stands() -> None:
    for fact, bound in (
        ("五年级学生赴农业科技园研学。", ["五年级", "研学"]),
        ("五年级去东山研学。", ["五年级", "去", "研学"]),
    ):
        assert [one.constraint.text for one in reading("五年级去哪里研学", fact).aligned] == bound


def test_what_the_reader_doubts_of_other_words_is_a_doubt_of_the_query_s_own() -> None:
    wording = reading("现在几号报名", "夏令营6月2日报名。").in_its_words
    assert wording.text == "什么时候报名"
    doubts = (DoubtedWord(0, 4, 0.9), DoubtedWord(4, 6, 0.2))
    told = wording.restored(WindowReading((), 0.5, doubts)).doubts
    assert told == (DoubtedWord(2, 4, 0.9), DoubtedWord(4, 6, 0.2))


@pytest.mark.parametrize(
    ("query", "fact", "word", "level"),
    [
        ("几点开始停课", "全市18时起停课。", "开始", "sentence"),
        ("几点开始停课", "全市18时停课。", "开始", "absent"),
        ("进口额涨了多少", "进口额增长7%。", "涨", "sentence"),
        ("进口额涨了多少", "进口额增长7%，出口额下降2%。", "涨", "absent"),
        ("两队的比分是多少", "柳江队以98比91战胜东陵队。", "比分", "sentence"),
        ("图书馆几点开门", "图书馆每天9:00—21:00开放。", "开门", "sentence"),
        ("图书馆几点开门", "图书馆昨天9:00开放。", "开门", "alike"),
        ("江柳行发了多少贷款", "江城柳湾银行今年发放贷款3亿元。", "江柳行", "sentence"),
        ("江柳行发了多少贷款", "江城东陵银行今年发放贷款3亿元。", "江柳行", "alike"),
        ("报名什么时候截止", "报名时间：6月1日至6月10日。", "截止", "sentence"),
        ("报名什么时候截止", "报名时间：6月1日。", "截止", "absent"),
        ("会议几点开始", "会议时间：6月12日14:00。", "开始", "sentence"),
        ("最佳男演员是谁", "吴江获得最佳男演员提名。", "男演员", "absent"),
    ],
)
def test_grammar_tells_that_a_word_is_said_in_other_words(
    query: str, fact: str, word: str, level: str
) -> None:
    aligned = {one.constraint.text: LEVELS[one.level] for one in reading(query, fact).aligned}
    assert aligned[word] == level


@pytest.mark.parametrize(("query", "said"), [("甲市增长多少", "31.2%"), ("丙市增长多少", "4%")])
def test_the_nth_item_takes_the_nth_figure_that_respectively_joins(query: str, said: str) -> None:
    answer = reading(query, "上半年，甲市、乙市和丙市进出口额分别增长31.2%、38.7%和4%。").answer
    assert answer is not None
    assert answer.text == said


def test_what_ends_the_last_item_is_told_of_each() -> None:
    fact = "第一产业、第二产业以及居民用电量分别增长7.1%、4.7%和3.4%。"
    answer = reading("第二产业用电量增长多少", fact).answer
    assert answer is not None
    assert answer.text == "4.7%"


def test_a_figure_of_what_the_question_names_counts_nothing_else() -> None:
    assert reading("教育集团配备多少名老师", "依托81个教育集团，培训不断。").is_barred


@pytest.mark.parametrize(("query", "contradicts"), [("6路首班车几点", True), ("2路首班车几点", False)])
def test_the_number_of_a_line_is_no_hour_of_another(query: str, contradicts: bool) -> None:
    assert bool(reading(query, "线路：2路｜首班：6:10｜末班：21:00").contradicting) is contradicts


def test_a_reader_gives_a_name_back_the_character_that_a_cut_took() -> None:
    passage = Passage("夫人郭婉如是中学教师。", Surroundings(), CHINESE)
    named = {passage.text[one.start : one.end] for one in candidates(passage, QuestionType.WHO, ((2, 5),))}
    assert "郭婉如" in named
    assert "郭婉" not in named


@pytest.mark.parametrize(
    ("query", "fact", "named"),
    [
        ("陈立几岁", "15岁的林晓梅战胜陈立。", "林晓梅"),
        ("林晓梅几岁", "15岁的林晓梅战胜陈立。", None),
        ("陈立多大", "陈立的父亲是木匠，母亲今年61岁。", "母亲"),
        ("陈立的母亲多大", "陈立的父亲是木匠，母亲今年61岁。", None),
        ("省财政补助多少", "全省所需资金9亿元，其中市财政补助3亿元。", "其中市财政"),
    ],
)
def test_an_age_or_a_payment_is_of_whom_its_own_clause_names(
    query: str, fact: str, named: str | None
) -> None:
    other = reading(query, fact).other_subject
    assert (other[1] if other else None) == named


@pytest.mark.parametrize("fact", ["陈立的父亲是一名木匠。", "陈立在一家企业工作9年。"])
def test_what_counts_one_tells_no_age(fact: str) -> None:
    assert reading("陈立的父亲多大", fact).is_barred


@pytest.mark.parametrize(
    ("fact", "told", "whole"),
    [
        ("大桥由启岸资本承建。", (3, 7), "启岸资本"),
        ("负责人贺兰启明说得很慢。", (3, 7), "贺兰启明"),
    ],
)
def test_a_name_that_a_reader_reads_whole_is_not_cut(fact: str, told: tuple[int, int], whole: str) -> None:
    passage = Passage(fact, Surroundings(), CHINESE)
    named = {fact[one.start : one.end] for one in candidates(passage, QuestionType.WHO, (told,))}
    assert {one for one in named if one in whole} == {whole}


def test_a_gulf_is_a_place_though_a_dictionary_has_it_for_somebody() -> None:
    fact = "今年第一次北部湾巡逻昨天结束。"
    kinds = {
        fact[o.start : o.end]: o.kind
        for o in candidates(Passage(fact, Surroundings(), CHINESE), QuestionType.PLACE)
    }
    assert kinds["北部湾"] is CandidateKind.PLACE


def test_a_quarter_is_no_ordinal_where_a_time_is_asked_for() -> None:
    fact = "回收安排在今年第四季度。"
    spans = candidates(Passage(fact, Surroundings(), CHINESE), QuestionType.TIME)
    assert "第四季度" not in {fact[one.start : one.end] for one in spans}


def test_a_measure_of_two_characters_is_asked_for_whole() -> None:
    found = reading("几批次不合格", "不合格的两批次已下架。").answer
    assert found is not None
    assert (found.text, found.unit_other) == ("两批次", 0.0)


def test_a_family_name_that_is_a_place_too_is_left_to_its_given_name() -> None:
    fact = "党首福岛瑞穗提出质询。"
    passage = Passage(fact, Surroundings(), CHINESE)
    named = {fact[one.start : one.end] for one in candidates(passage, QuestionType.WHO, ((2, 6),))}
    assert "福岛瑞穗" in named
    assert "瑞穗" not in named


def test_no_name_begins_before_the_preposition_that_leads_to_it() -> None:
    fact = "房屋由市安居集团承建。"
    passage = Passage(fact, Surroundings(), CHINESE)
    named = {fact[one.start : one.end] for one in candidates(passage, QuestionType.WHO, ((3, 8),))}
    assert "市安居集团" in named
    assert not any("由" in one and "集团" in one for one in named)


def test_an_age_is_of_whom_its_own_clause_names() -> None:
    fact = "货车司机受伤，送院后一名82岁婆婆情况危殆。"
    assert reading("货车司机几岁", fact).other_subject == ("货车司机", "婆婆")
    assert reading("婆婆几岁", fact).other_subject is None


def test_a_word_that_answers_do_without_is_missed_where_it_is_the_deed_asked_for() -> None:
    aligned = reading("陈立在哪里去世", "陈立生于柳江，1991年任副主席。").aligned
    assert [(one.constraint.text, LEVELS[one.level]) for one in aligned] == [
        ("陈立", "sentence"),
        ("去世", "absent"),
    ]


def test_what_is_told_of_ones_kin_is_told_of_another() -> None:
    fact = "他的妻子林晓梅是医生，2015年去世。"
    assert reading("陈立哪年去世", fact, "陈立一生建桥。").other_subject == ("陈立", "妻子林晓梅")
    assert reading("林晓梅哪年去世", fact, "陈立一生建桥。").other_subject is None


def test_what_a_heading_lists_is_told_of_none_but_what_a_clause_names() -> None:
    heads, fact = ("图书馆、美术馆开放时间",), "咨询电话：区图书馆6671 0293。"
    assert reading("美术馆电话是多少", fact, heads=heads).other_subject is not None
    assert reading("图书馆电话是多少", fact, heads=heads).other_subject is None


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ("货车司机叫什么", "货车撞上小巴，司机受伤。"),
        ("西裤多少钱", "西裤15元22元10元"),
        ("报名几号开始", "报名的第八日。"),
        ("水库2023年投资多少", "水库总投资3.2亿元，2023年9月开工。"),
        ("侯明哪年退休", "退休船工侯明参演，今年他已经67岁。"),
        ("周嘉哪年毕业", "2019年，周嘉考入大学，毕业后留校任教。"),
        ("面试什么时候", "笔试时间为5月18日上午9时，面试时间另行通知。"),
        ("哪条航线停航", "东港至西岛的客运航线6日停航。"),
        ("驾驶员要什么驾照", "驾驶员：1名，持B1以上驾驶证。"),
        ("体检几点开始", "体检5月16日起进行。"),
        ("前三名是哪些队", "前三名依次为柳江队22分、东陵队19分。"),
        ("林晓梅多大", "林晓梅19岁从父亲手里接过铺子。"),
        ("铺子有多大", "林晓梅打算干到70岁，再交出铺子。"),
        ("丝路行在哪里启动", "图为丝路行启动仪式。"),
        ("冯正什么时候出狱", "冯正出狱的一天：重返母亲的工厂"),
        ("冯正在哪里工作", "冯正说，这种潜水工作在柳江省已经流行多年。"),
        ("公开赛在哪里举行", "下届公开赛明年7月在柳江举行。"),
        ("一共卖了多少副", "首款眼镜去年上市，当年卖出1.8万副。"),
        ("青原石塘民族中学有多少学生", "为青原建学校5所，资助学生2.1万人次，重点支持建设青原石塘民族中学。"),
        ("一中有多少学生", "共支援学校21所，培训2.1万人次，其中一中成为示范学校。"),
        ("停火什么时候到期", "白宫官员21日说，停火就要到期。"),
        (
            "东港大学前身哪年成立",
            "西岛大学、东港大学的前身分别是1896年成立的公学、1897年成立的书院和1909年成立的学堂。",
        ),
    ],
)
def test_what_may_be_another_thing_is_not_said(query: str, fact: str) -> None:
    assert not reading(query, fact).may_be_said


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("冯正是谁", "市长冯正率团来到青原州。", "市长"),
        ("冯正是什么职务", "冯正任青原州州长。", "青原州州长"),
        ("冯正是什么职务", "街道经济和科技促进局局长冯正前来调研。", "街道经济和科技促进局局长"),
        ("冯正是谁", "冯正勉励她努力学习，“欢迎你！”", None),
        ("冯正是什么职务", "冯正一行察看急诊室、食堂。", None),
        ("冯正是谁", "大家在青原见到冯正。", None),
        ("冯正是做什么的", "54岁的出租车司机冯正来献血。", "出租车司机"),
        ("冯正是谁", "评委：市书法协会会长 冯正", "市书法协会会长"),
        ("陈山是谁", "与省委书记陈山，副书记、省长吴军一道来到学校。", "省委书记"),
    ],
)
def test_who_somebody_is_stands_right_before_the_name_or_behind_what_says_so(
    query: str, fact: str, said: str | None
) -> None:
    read = reading(query, fact)
    assert (read.answer.text if read.answer and read.may_be_said else None) == said


@pytest.mark.parametrize(
    ("query", "person"),
    [
        ("冯正是谁", "冯正"),
        ("谁是冯正", "冯正"),
        ("冯正担任什么职务", "冯正"),
        ("冯正是做什么的", "冯正"),
        ("费宏亮是谁", "费宏亮"),
        ("德国总理是谁", ""),
        ("亚军是谁", ""),
        ("队长是谁", ""),
        ("冯正和谁", ""),
        ("冯正的妻子是谁", ""),
    ],
)
def test_who_somebody_is_asks_for_nothing_but_a_name_or_its_office(query: str, person: str) -> None:
    assert asked_person(analyse(query, Aliases(), CHINESE)) == person


def test_what_a_heading_names_need_not_be_named_before_its_figure() -> None:
    read = reading("菜场改造多少钱", "概算投资386万元，在体育场北侧设临时菜场。", heads=("关于东街菜场改造",))
    assert read.answer is not None
    assert (read.answer.text, read.may_be_said) == ("386万元", True)


def test_a_part_of_a_word_that_a_fact_has_is_not_replaced_by_its_opposite_beside_it() -> None:
    beside = "自8月1日首班车起调整。"
    assert not reading("12路末班车几点", "线路：12路｜末班：20:00", near=beside).contradicting


def test_a_place_in_an_order_is_told_by_no_number_of_another_order() -> None:
    assert reading("柳江队排名第几", "第八轮，柳江队迎战东陵队。").is_barred
    assert not reading("柳江队第几轮迎战东陵队", "第八轮，柳江队迎战东陵队。").is_barred


@pytest.mark.parametrize(("heads", "said"), [(("《求索》发表《做新人》",), False), ((), True)])
def test_where_the_deed_asked_for_stands_in_the_title_alone_nothing_is_said(
    heads: tuple[str, ...], said: bool
) -> None:
    fact = "《做新人》是“一线指挥部”的纲领。" if heads else "《做新人》发表在《求索》杂志。"
    assert reading("做新人发表在哪本杂志", fact, heads=heads).may_be_said is said


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("学校校长是谁", "学校校长由大同教育集团派来。", False),
        (
            "园区2021年收汇同比增长多少",
            "园区2021年收汇26.5亿美元，2023年收汇49.5亿美元，同比增长70.12%。",
            False,
        ),
        (
            "园区2023年收汇同比增长多少",
            "园区2021年收汇26.5亿美元，2023年收汇49.5亿美元，同比增长70.12%。",
            True,
        ),
    ],
)
def test_no_body_holds_an_office_and_no_amount_is_a_change(query: str, fact: str, said: bool) -> None:
    assert reading(query, fact).may_be_said is said


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("南屿岛地震多少人死亡", "受地震影响，南屿岛约5000人被疏散。", False),
        ("南屿岛地震多少人死亡", "南屿岛地震已致51人死亡。", True),
        ("南屿岛地震几人受伤", "南屿岛地震造成2人轻微烧伤。", True),
    ],
)
def test_what_is_counted_does_what_was_asked(query: str, fact: str, said: bool) -> None:
    heads = ("南屿岛地震致多人死亡、受伤",)
    assert reading(query, fact, heads=heads).may_be_said is said


def test_a_part_of_a_code_is_no_figure() -> None:
    assert reading("云雀 11多少钱", "Yunque 11是云雀 XR的继任者。").answer is None


@pytest.mark.parametrize(
    ("query", "fact", "spans", "barred"),
    [
        ("文化馆在哪里", "咨询电话：文化馆6671 0315", (), True),
        ("文化馆电话是多少", "咨询电话：文化馆6671 0315", (), False),
        ("体检地点在哪里", "体检地点为市三院健康管理中心二楼。", (ProposedSpan(5, 16, 0.9),), False),
    ],
)
def test_what_a_reader_finds_nothing_of_the_asked_kind_in_cannot_be_claimed(
    query: str, fact: str, spans: tuple[ProposedSpan, ...], barred: bool
) -> None:
    asked = analyse(query, Aliases(), CHINESE)
    passage = Passage(fact, Surroundings(), CHINESE)
    aligner = Aligner(asked, answer_model().doubts, lambda word: 0.5)
    read = WindowReading(spans, 0.5, ())
    assert FactReading(aligner, passage, answer_model(), read=read).is_barred is barred


def test_a_reader_that_knows_no_short_form_raises_no_doubt() -> None:
    asked = analyse("市委全会何时召开", Aliases(), CHINESE)
    doubts = (DoubtedWord(2, 4, 0.9), DoubtedWord(6, 8, 0.1))
    full, other = (
        FactReading(
            Aligner(asked, answer_model().doubts, lambda word: 0.5),
            Passage(fact, Surroundings(), CHINESE),
            answer_model(),
            read=WindowReading((), 0.5, doubts),
        ).evidence["read_doubts"]
        for fact in ("市委第七次全体会议6月27日召开。", "市委第七次扩大会议6月27日召开。")
    )
    assert full < 0.5 < other


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("系统加入了什么手势", "新系统加入了全面屏手势。", "全面屏手势"),
        ("首局下了多少手", "首局下到138手。", "138手"),
        ("柳江队目前几连胜", "柳江队取得五连胜，以22分领跑。", "五连胜"),
        ("剧本改了多少稿", "剧本写了四年，前后改了十七稿。", "十七稿"),
        ("谁夺得冠军", "柳江队逆转战胜东陵队，夺得冠军。", "柳江队"),
        ("谁被判处有期徒刑", "王某驾车撞倒李某，被判处有期徒刑一年。", "王某"),
        ("报名到哪天截止", "报名时间：6月1日至6月10日。", "6月10日"),
        ("报名什么时候截止", "报名时间：6月1日至6月10日。", "6月10日"),
        ("报名什么时候开始", "报名时间：6月1日至6月10日。", "6月1日"),
        ("信息确认哪天截止", "报名时间为1日至4日，信息确认的截止时间为11月7日。", "11月7日"),
        ("南浦取缔几家平台", "南浦取缔的平台最多，为45家；清溪、柳湾、石塘各取缔1家。", "45家"),
        ("决赛几点开始", "不过次日下午3点，决赛就开始了。", "次日下午3点"),
        ("宏远集团什么时候成立", "宏远集团于05年8月成立，总部设在柳江。", "05年8月"),
        ("红榜第一是谁", "年度红榜第一名：林晓梅 得票过半。", "林晓梅"),
        ("东陵队输了几比几", "东陵队以0比2负于柳江队。", "0比2"),
        ("体积缩小多少", "新芯片体积缩小了30%，一个可取代2个。", "30%"),
    ],
)
def test_what_is_said_is_whole_and_of_what_was_asked(query: str, fact: str, said: str) -> None:
    answer = reading(query, fact).answer
    assert answer is not None
    assert answer.text == said


def test_a_figure_with_a_latin_measure_is_no_other_figure() -> None:
    assert any(one.hard for one in align("64层闪存何时研发", "去年研发的闪存可处理64KB数据。"))


def test_evidence_counts_what_the_window_lacks() -> None:
    asked = reading("柳湾大桥由谁设计", BRIDGE).evidence
    assert asked["apart"] > 0
    assert asked["absent"] > 0


HOSPITAL = "新院区设有门诊楼和急诊楼，住院楼高22层。"
RACE = "林晓梅获得女子100米冠军，打破校纪录。"


def reading(
    query: str, fact: str, near: str = "", heads: tuple[str, ...] = (), after: str = ""
) -> FactReading:
    asked = analyse(query, Aliases(), CHINESE)
    model = answer_model()
    around = Surroundings((near,) if near else (), (after,) if after else (), heads)
    return FactReading(Aligner(asked, model.doubts, lambda word: 0.5), Passage(fact, around, CHINESE), model)


@pytest.mark.parametrize(("answerable", "barred"), [(0.05, True), (0.5, False)])
def test_a_name_that_alone_is_bound_leads_to_no_name_that_the_reader_finds_nothing_of(
    answerable: float, barred: bool
) -> None:
    asked = analyse("马丽珍在哪家公司工作", Aliases(), CHINESE)
    model = answer_model()
    passage = Passage("马丽珍在红星公司的门口等车。", Surroundings(), CHINESE)
    aligner = Aligner(asked, model.doubts, lambda word: 0.5)
    read = WindowReading((), answerable, ())
    assert FactReading(aligner, passage, model, read=read).is_barred is barred


def test_a_score_is_told_by_two_figures_alone() -> None:
    fact = "甲队一路领先乙队20分，最终98比80取胜。"
    answers = [reading(query, fact).answer for query in ("甲队乙队多少比分", "甲队乙队比分是多少")]
    assert [answer and answer.text for answer in answers] == ["98比80"] * 2
    assert reading("甲队乙队比分是多少", "甲队一路领先乙队20分。").is_barred


def test_a_name_that_a_cut_took_a_character_from_is_said_as_it_stands_beside() -> None:
    answer = reading("石塘馆副馆长是谁", "石塘馆副馆长罗敏众系退伍军人。", "罗敏众女儿在柳湾上学。").answer
    assert answer and answer.text == "罗敏众"


@pytest.mark.parametrize(
    ("query", "fact", "said"),
    [
        ("2024年净利润多少", "2024年第一季度，公司净利润1.6亿元。", False),
        ("2024年第一季度净利润多少", "2024年第一季度，公司净利润1.6亿元。", True),
        ("第一季度净利润多少", "2024年第一季度，公司净利润1.6亿元。", True),
        ("门诊楼多少层", HOSPITAL, False),
        ("住院楼多少层", HOSPITAL, True),
    ],
)
def test_a_figure_of_a_part_of_the_year_or_of_another_beside_it_is_not_said(
    query: str, fact: str, said: bool
) -> None:
    assert reading(query, fact).may_be_said is said


@pytest.mark.parametrize(
    ("fact", "barred"), [("二期工程计划2024年9月动工。", True), ("时间为2024年9月。", False)]
)
def test_a_time_of_another_deed_answers_nothing(fact: str, barred: bool) -> None:
    assert reading("二期什么时候竣工", fact, "二期即将竣工。").is_barred is barred


def test_what_sums_up_is_no_other_deed() -> None:
    fact = "全国累计核销消费券332万张，惠及失能老年人。"
    assert reading("失能老人核销了多少张消费券", fact).rivals == ()


@pytest.mark.parametrize(
    ("query", "fact", "near", "beside"),
    [
        ("门诊楼多少层", HOSPITAL, "", ["住院楼"]),
        ("住院楼多少层", HOSPITAL, "", []),
        ("会员证补领多少钱", "首次申领免费，补领、换领每证20元。", "", []),
        ("会员证补领多少钱", "补领10元、换领每证20元。", "", []),
        ("谁获得男子100米冠军", RACE, "男子跳远冠军是陈立。", ["女子"]),
        ("谁获得女子100米冠军", RACE, "男子跳远冠军是陈立。", []),
    ],
)
def test_another_of_its_kind_beside_the_answer_is_seen(
    query: str, fact: str, near: str, beside: list[str]
) -> None:
    found = reading(query, fact, near)
    assert [one.printed for one in found.rivals if not one.deed] == beside


@pytest.mark.parametrize(
    ("query", "late"),
    [("2023年总投资多少", 1.0), ("总投资多少", 0.0)],
)
def test_a_time_behind_the_answer_is_said_of_something_else(query: str, late: float) -> None:
    fact = "大堤总投资3.2亿元，由宏远集团承建，2023年9月开工。"
    assert reading(query, fact).evidence["late"] == late


@pytest.mark.parametrize(
    ("query", "fact", "differs"),
    [
        ("75项", "这位75岁祖母走完全程。", [("75项", "75岁")]),
        ("75项", "全区查出问题75个。", []),
        ("竹山镇新建大棚多少座", "竹山乡新建大棚41座。", [("镇", "竹山乡")]),
        ("去年投放育秧盘多少张", "今年投放育秧盘310万张，比去年增加45万张。", [("去年", "今年")]),
        ("哪个区充电桩最多", "东城区有充电桩860个，西城区420个。", [("最多", "")]),
        ("哪个区充电桩最多", "东城区充电桩达860个，居全市第一。", []),
        ("青山大桥什么时候建成", "青山大桥尚未建成，预计明年通车。", [("建成", "尚未建成")]),
        ("哪座桥没有建成", "青山大桥已建成，白水大桥未建成。", []),
    ],
)
def test_another_value_forbids(query: str, fact: str, differs: list[tuple[str, str]]) -> None:
    found = reading(query, fact)
    assert [(one.constraint.text, one.printed) for one in found.contradicting] == differs


def test_a_neighbour_that_tells_of_another_time_bears_nothing_out() -> None:
    asked, fact = "第二季度合格率", "第二季度抽检360批次，整改12批次。"
    assert reading(asked, fact, near="第三季度合格率98%。").evidence["absent"] > 0
    assert reading(asked, fact, near="合格率98%。").evidence["absent"] == 0


def test_what_only_its_neighbours_speak_of_no_fact_answers() -> None:
    near = "柳湾区办件量居首，石塘区最少。"
    assert reading("石塘区办件量多少", "接线员由12名增至20名。", near).cannot_be_claimed
    assert not reading("石塘区办件量多少", "石塘区为320件。", near).cannot_be_claimed
    assert not reading("石塘区 办件量", "接线员由12名增至20名。", near).cannot_be_claimed


def test_a_crossing_takes_a_word_that_the_sentence_says_of_something_else() -> None:
    sentence = "急诊楼面积3万平方米，住院楼高22层。"
    start = sentence.index("22层")
    found = crossed("住院楼高多少层", sentence, (start, start + 3), "", CHINESE.tokens, Random(1))
    assert found is not None
    assert (found.old, found.new) == ("住院楼", "急诊楼")


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("住院楼高多少层", "住院楼高22层。", "22层"),
        ("住院楼高多少层", "急诊楼高6层，住院楼高22层。", "22层"),  # 急诊楼高多少层 is answered there too
    ],
)
def test_what_a_clause_of_its_own_answers_is_no_crossing(question: str, sentence: str, answer: str) -> None:
    start = sentence.index(answer)
    assert crossed(question, sentence, (start, start + len(answer)), "", CHINESE.tokens, Random(1)) is None


DOUBTS = Doubts(
    {kind.value: [0.0] * len(LEVELS) for kind in SlotKind},
    0,
    0,
    0,
    {"进": "出", "出": "进", "升": "降", "降": "升"},
)
HALF_YEARS = "2024年上半年柳江市进口额达31.6亿元，同比上升4.2%。"
SCHOOL = "柳江一中今年招收高一新生480人，东城区新增幼儿园12所。"
DEVICE = "车间安装了KD310型机床，联系电话0772-3811-2200，共计24台。"


def align(query: str, fact: str, around: Surroundings | None = None) -> tuple[Alignment, ...]:
    aligner = Aligner(analyse(query, Aliases(), CHINESE), DOUBTS, lambda word: 0.5)
    return aligner.align(Passage(fact, around or Surroundings(), CHINESE))


@pytest.mark.parametrize(
    ("query", "fact", "asked", "printed"),
    [
        ("2024年下半年柳江市进口额是多少", HALF_YEARS, "2024年下半年", "2024年上半年"),
        ("2023年上半年柳江市进口额是多少", HALF_YEARS, "2023年上半年", "2024年上半年"),
        ("柳江市出口额是多少", HALF_YEARS, "出口额", "进口"),
        ("柳江市 进口额 2023", HALF_YEARS, "2023", "2024年上半年"),
        ("柳湾大桥宽多少米", BRIDGE, "宽", "全长"),
        ("柳江二中招收多少新生", SCHOOL, "二中", "一中"),
        ("KD311有多少台", DEVICE, "kd311", "KD310"),
        ("西城区新增多少所幼儿园", SCHOOL, "西城区", "东城区"),
        ("校长是谁", "柳江一中副校长陈梅表示满意。", "校长", "副校长"),
        ("省财政出资多少", "总投资3亿元，其中市财政出资2亿元。", "省", "市财政"),
        ("本届茶博会成交额多少", "上届茶博会成交额1.2亿元。", "本届", "上届"),
        ("上月降雨量多少", "本月降雨量达210毫米。", "上月", "本月"),
        ("华为市占率是多少", "宏远集团市占率达31%，远超华为、小米。", "华为", "远超华为"),
        ("小米市占率是多少", "宏远集团市占率达31%，远超华为、小米。", "小米", "小米"),
        ("女性发病率多少", "男性发病率为12%，是女性的2倍。", "女性", "女性的2倍"),
        ("Windows 11何时发布", "Windows 10于2015年11月发布。", "windows 11", "Windows 10"),
        ("北京研究院有多少人", "上海研究院有120人。", "北京", "上海研究院"),
        ("青山8用什么电池", "白水8用磷酸铁锂电池。", "青山", "白水8"),
    ],
)
def test_another_value_in_the_same_place_forbids_and_is_named(
    query: str, fact: str, asked: str, printed: str
) -> None:
    hard = [one for one in align(query, fact) if one.hard]
    assert [one.constraint.text for one in hard] == [asked]
    assert printed in hard[0].printed


@pytest.mark.parametrize(
    ("query", "fact"),
    [
        ("查出多少问题", "全市查找出的5533个问题已销号。"),
        ("城区有多少个公园", "城市有12个公园。"),
        ("2024年上半年柳江市进口额是多少", HALF_YEARS),
        ("上半年进口额", HALF_YEARS),
        ("本届茶博会成交额多少", "茶博会成交额1.2亿元。"),
        ("本届茶博会成交额多少", "此届茶博会成交额1.2亿元，上届为9000万元。"),
        ("柳湾大桥有多长", BRIDGE),
        ("柳江一中招收多少新生", SCHOOL),
        ("东城区新增多少所幼儿园", SCHOOL),
        ("KD310", DEVICE),
        ("windows 10何时发布", "Windows10于2015年发布。"),
        ("小米市占率是多少", "宏远集团市占率达31%，超过小米的28%。"),
        ("苹果比香蕉贵多少", "苹果每斤比香蕉贵2元。"),
        ("kd-310", DEVICE),
        ("KD310有多少台", "车间安装了KD 310型机床24台。"),
        ("38112200", DEVICE),
        ("柳湾大桥由谁承建", BRIDGE),
        ("哪个车站最早试点", "柳南区新桥车站率先试点无纸化乘车。"),
        ("挂科累计多少学分会被警示", "课程考核不合格累计12学分的，学院予以警示。"),
        ("国考总共多少人报名了", "2019年国考单日报名数增至20万人，总数达88万人。"),
    ],
)
def test_what_the_fact_says_contradicts_nothing(query: str, fact: str) -> None:
    assert [one for one in align(query, fact) if one.hard] == []


def test_a_time_is_inherited_from_section_title_and_date() -> None:
    fact = "进口额达31.6亿元。"
    assert any(one.hard for one in align("2023年进口额", fact, Surroundings(heads=("2024年海关公报",))))
    assert any(one.hard for one in align("2023年进口额", fact, Surroundings(date="2024-03-01")))
    assert not any(one.hard for one in align("2024年进口额", fact, Surroundings(heads=("2024年海关公报",))))


def test_a_neighbours_figure_bears_nothing_out_where_the_fact_has_another_of_its_kind() -> None:
    beside = Surroundings(before=("缩短58路，新开K12路。",))
    assert any(one.hard for one in align("58路多久一班", "K12路由公交站开出，每15分钟一班。", beside))
    assert not any(one.hard for one in align("58路多久一班", "每15分钟一班。", beside))


def test_an_ordinal_is_none_that_a_longer_one_begins_with() -> None:
    levels = [
        align("第二是谁", fact)[0].level for fact in ("陈立在第二十四次会议上讲话。", "陈立第二个到达。")
    ]
    assert [LEVELS[level] for level in levels] == ["absent", "sentence"]


def test_what_is_named_only_later_bears_little_out() -> None:
    before, after = Surroundings(before=("展出暮云座钟。",)), Surroundings(after=("还展出暮云座钟。",))
    levels = [align("暮云座钟售价多少", "售价3575元。", around)[0].level for around in (before, after)]
    assert [LEVELS[level] for level in levels] == ["near", "part_near"]


def test_a_word_that_stands_nowhere_is_absent_not_contradicted() -> None:
    design = next(one for one in align("柳湾大桥由谁设计", BRIDGE) if one.constraint.text == "设计")
    assert (LEVELS[design.level], design.hard) == ("absent", False)


def proposed(text: str, kind: QuestionType = QuestionType.AMOUNT) -> set[str]:
    passage = Passage(text, Surroundings(), CHINESE)
    return {text[one.start : one.end] for one in candidates(passage, kind)}


@examples("text", "whole", "cut")
def test_a_figure_is_proposed_whole_or_not_at_all(text: str, whole: str, cut: str) -> None:
    found = proposed(text)
    assert whole in found
    assert cut not in found


@examples("text", "wanted")
def test_names_quotes_values_and_cells_are_proposed(text: str, wanted: str) -> None:
    assert wanted in proposed(text, QuestionType.WHICH)


@given(st.text(alphabet="0123456789.,:亿万元年月日 第一二大桥、“”（）：", max_size=60))
def test_every_candidate_stands_in_the_text_and_is_short(text: str) -> None:
    passage = Passage(text, Surroundings(), CHINESE)
    for one in candidates(passage, QuestionType.WHICH):
        assert 0 <= one.start < one.end <= len(text)
        assert one.end - one.start <= LONGEST_ANSWER


@pytest.mark.parametrize(("query", "other"), [("12路末班几点", True), ("12路区间末班几点", False)])
def test_a_row_of_a_table_is_of_the_longest_name_asked_for(query: str, other: bool) -> None:
    beside = "线路：12路｜首班：6:20｜末班：20:00"
    told = reading(query, "线路：12路区间｜首班：6:50｜末班：18:30", near=beside)
    assert (told.other_subject is not None) is other


@pytest.mark.parametrize(
    ("fact", "level"), [("陈立在编剧环节改动台词。", "part"), ("编剧陈立改动台词。", "sentence")]
)
def test_an_office_that_only_describes_another_thing_is_half_borne_out(fact: str, level: str) -> None:
    assert [LEVELS[one.level] for one in align("编剧是谁", fact)] == [level]


def test_what_a_bare_figure_counts_begins_with_no_preposition() -> None:
    told = reading("3项", "对3项明确要保留的事项，统一样本。").answer
    assert told is not None
    assert told.text == "3项"
