"""Rows of the audit log as an owner reads them; what they do not know, they leave as it was written."""

from __future__ import annotations

from bot.admin.rights import Act
from bot.admin.wording import moment
from bot.state.audit import Entry

ACTS = {
    "reload": "重载",
    "versions": "看版本",
    "upload": "上传",
    "meta": "写附注",
    "rollback": "换回",
    "audit": "看记录",
    "grant": "任命",
    "revoke": "撤任",
    "unanswered": "未答问题",
    "alias": "别名",
    "stats": "看统计",
    "restore": "恢复",
    "door": "敲管理口",
}
OUTCOMES = {
    "done": "完成",
    "shown": "看过",
    "nothing": "无可做",
    "refused": "拒绝",
    "checked": "查过",
    "discarded": "放弃",
    "declined": "取消",
    "published": "换上",
    "unchanged": "没有变化",
    "rehearsed": "试算",
    "unconfirmed": "待确认",
    "not_asked": "没有要确认的",
    "rolled_back": "换回",
    "restored": "恢复",
    "busy": "正忙",
    "failed": "失败",
}
REASONS = {
    "nobody": "不是管理员",
    "owner_only": "不是所有者",
    "not_private": "不在私聊",
    "not_themselves": "不是本人直接发的",
    "edited": "改过的消息",
    "too_old": "太旧",
    "clock": "时间在将来",
    "browser": "浏览器",
    "host": "主机名不对",
    "token": "口令不对",
    "dry": "只试算",
}


def audit_line(row: Entry) -> str:
    """One row: number, moment, who, what, how it ended, and about what."""
    coded = row.outcome == "refused" or row.act == Act.RELOAD
    reason, _, rest = row.detail.partition(" ") if coded else ("", "", row.detail)
    what = (ACTS.get(row.act, row.act), OUTCOMES.get(row.outcome, row.outcome))
    told = (str(row.number), moment(row.at), row.actor, *what, REASONS.get(reason, reason), rest)
    return " ".join(filter(None, told))
