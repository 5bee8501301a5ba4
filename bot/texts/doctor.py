"""What `chuchu doctor` says, in each language; 繁體 is derived like every other text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoctorPhrases:
    """What `chuchu doctor` says; a finding is one line that says what is wrong and what to do.

    `words` are what a gap of a finding may be filled with.
    """

    nothing_on: str
    findings: dict[str, str]
    words: dict[str, str]


ZH_HANS = DoctorPhrases(
    nothing_on="还没有接通任何聊天平台；接通方法见 README，每个平台三步",
    findings={
        "reached": "连得上 {0}",
        "unreachable": "连不上 {0}（{1}）；请检查网络、防火墙，以及 {2} 里的网址",
        "limited": "{0} 说调用太多；请等 {1} 秒再试",
        "server_fault": "{0} 自己出了错（{1}）；过一会儿再试，一直这样就看它的服务状态页",
        "clock_right": "本机时钟准",
        "clock_ahead": "本机时钟快了 {0} 秒；请打开系统的自动校时（NTP），否则管理命令会被当成过期的",
        "clock_behind": "本机时钟慢了 {0} 秒；请打开系统的自动校时（NTP），否则管理命令会被当成过期的",
        "identity_known": "认得 {0}",
        "bot_named": "机器人是 {0}",
        "permissions_given": "该有的权限都有",
        "permissions_unseen": "看不到开了哪些权限（{0}）；请自己在开放平台的“权限管理”里核对",
        "receiving_ready": "可以收消息",
        "feishu_app_refused": "飞书不认这个应用（{0}）；请在开放平台的“凭证与基础信息”里核对 CHUCHU_FEISHU_APP_ID 和 CHUCHU_FEISHU_APP_SECRET",
        "feishu_no_bot": "应用没有机器人（{0}）；请在开放平台的“添加应用能力”里添加“机器人”，再发布一个版本",
        "feishu_permission": "没有权限 {0}，{1}用不了；请在开放平台的“权限管理”里开通，再发布一个版本",
        "feishu_no_long_connection": "要不到长连接（{0}）；请在开放平台的“事件与回调”里选“使用长连接接收事件”，回调也选长连接",
        "feishu_callback_unseen": "事件走回调，从这里看不到它通不通；请在开放平台的“事件与回调”里保存一次请求网址，它会当场验证",
        "telegram_token_refused": "Telegram 不认这个令牌（{0}）；请向 BotFather 核对 CHUCHU_TELEGRAM_TOKEN",
        "telegram_no_inline": "没有打开 inline，在别的聊天里写 @机器人名 不会有结果；想要就向 BotFather 发 /setinline",
        "telegram_webhook_set": "Telegram 那里设着 webhook，这里用的是轮询；启动时会把它撤掉，要用 webhook 就设 CHUCHU_WEBHOOK_URL",
        "wecom_no_connection": "{0} 不接长连接（{1}）；请检查代理是否放行 WebSocket，以及 CHUCHU_WECOM_SERVER",
        "wecom_secret_right": "企业微信认这个机器人和密钥",
        "wecom_secret_refused": "企业微信不认这个机器人（{0}）；请在管理后台核对 CHUCHU_WECOM_BOT 和 CHUCHU_WECOM_SECRET",
        "wecom_secret_untried": "密钥没有试：一试就会把别处正在运行的机器人挤下线；它的 /readyz 和日志会说密钥对不对",
        "running_well": "正在运行的出处在收消息",
        "running_trouble": "正在运行的出处收不到消息：{0}",
        "running_without": "正在运行的出处没有接它；设好以后要重启",
        "running_unasked": "这个数据文件夹有出处在运行，可问不到它：{0}",
        "matrix_no_server": "{0} 不是 Matrix 服务器（{1}）；CHUCHU_MATRIX_SERVER 要写 /_matrix 前面的那一段网址",
        "matrix_token_refused": "服务器不认这个令牌（{0}）；请用机器人的账号重新登录一次，把新的访问令牌写进 CHUCHU_MATRIX_TOKEN",
        "matrix_encrypted_rooms": "有 {0} 个聊天室是加密的，机器人读不到；请另建不加密的聊天室邀请它",
        "telegram_webhook_failing": "Telegram 送不到 webhook（{0}）；请检查 CHUCHU_WEBHOOK_URL 的域名、证书和反向代理",
    },
    words={
        "to_send": "说话",
        "private_chats": "私聊",
        "groups": "群里点名",
        "edits": "更新自己的消息",
        "files_and_pictures": "收文件、发图片",
        "group_admins": "认群管理员",
        "replies": "接着一条回复问",
    },
)

EN = DoctorPhrases(
    nothing_on="no chat platform is connected yet; the README shows how, three steps each",
    findings={
        "reached": "{0} can be reached",
        "unreachable": "{0} cannot be reached ({1}); check the network, the firewall, and the address in {2}",
        "limited": "{0} says there were too many calls; wait {1} seconds and try again",
        "server_fault": "{0} has a fault of its own ({1}); try again later, and look at its status page if it stays",
        "clock_right": "the clock is right",
        "clock_ahead": "the clock is {0} seconds ahead; switch on time synchronisation (NTP), or admins' commands are taken for old ones",
        "clock_behind": "the clock is {0} seconds behind; switch on time synchronisation (NTP), or admins' commands are taken for old ones",
        "identity_known": "{0} is known",
        "bot_named": "the bot is {0}",
        "permissions_given": "every permission is there",
        "permissions_unseen": "the permissions cannot be seen from here ({0}); look at “权限管理” (Permissions) of the open platform yourself",
        "receiving_ready": "messages can come in",
        "feishu_app_refused": "Feishu does not know this app ({0}); compare CHUCHU_FEISHU_APP_ID and CHUCHU_FEISHU_APP_SECRET with “凭证与基础信息” (Credentials) of the open platform",
        "feishu_no_bot": "the app has no bot ({0}); add one under “添加应用能力” (Add features) of the open platform, then publish a version",
        "feishu_permission": "the permission {0} is missing, so {1} will not work; grant it under “权限管理” (Permissions) of the open platform, then publish a version",
        "feishu_no_long_connection": "there is no long connection ({0}); under “事件与回调” (Events and callbacks) of the open platform choose the long connection for both",
        "feishu_callback_unseen": "events come by callback, which cannot be tried from here; save the request URL once under “事件与回调” (Events and callbacks): it is checked on the spot",
        "telegram_token_refused": "Telegram does not know this token ({0}); compare CHUCHU_TELEGRAM_TOKEN with what BotFather says",
        "telegram_no_inline": "inline mode is off, so @name in other chats finds nothing; send /setinline to BotFather if you want it",
        "telegram_webhook_set": "a webhook is set at Telegram, but polling is configured here; the next start removes it, or set CHUCHU_WEBHOOK_URL to use it",
        "wecom_no_connection": "{0} takes no long connection ({1}); check that proxies let WebSockets through, and CHUCHU_WECOM_SERVER",
        "wecom_secret_right": "WeCom knows this bot and its secret",
        "wecom_secret_refused": "WeCom does not know this bot ({0}); compare CHUCHU_WECOM_BOT and CHUCHU_WECOM_SECRET with the admin console",
        "wecom_secret_untried": "the secret was not tried: that would put out a bot that runs elsewhere; its /readyz and log say whether it is right",
        "running_well": "the bot that runs gets its messages",
        "running_trouble": "the bot that runs gets no messages: {0}",
        "running_without": "the bot that runs does not serve it; restart it after changing settings",
        "running_unasked": "a bot runs from this data folder, but it cannot be asked: {0}",
        "matrix_no_server": "{0} is no Matrix server ({1}); CHUCHU_MATRIX_SERVER is the address before /_matrix",
        "matrix_token_refused": "the server does not know this token ({0}); log in once more with the bot's account and put the new access token into CHUCHU_MATRIX_TOKEN",
        "matrix_encrypted_rooms": "{0} rooms are encrypted, and the bot cannot read them; make one without encryption and invite it there",
        "telegram_webhook_failing": "Telegram cannot deliver to the webhook ({0}); check the domain, the certificate and the proxy of CHUCHU_WEBHOOK_URL",
    },
    words={
        "to_send": "speaking",
        "private_chats": "private chats",
        "groups": "mentions in groups",
        "edits": "editing its own messages",
        "files_and_pictures": "files and pictures",
        "group_admins": "knowing groups' admins",
        "replies": "questions that reply to a message",
    },
)
