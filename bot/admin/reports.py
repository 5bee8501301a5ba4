"""What came of a reload and who did what: as sentences for chat and terminal, as JSON for the admin API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from pydantic import JsonValue, TypeAdapter

from bot.admin.permissions import Permission
from bot.admin.reload_service import ReloadReport, ReloadStatus
from bot.state.audit import Entry
from knowledge.model import Skipped
from knowledge.snapshots.difference import Change, Difference, Tally
from knowledge.snapshots.manifest import Manifest, Totals
from knowledge.snapshots.request import Preview, PreviewLine

SAMPLES = 5
SENTENCE = 60  # characters of a sample


def report_text(report: ReloadReport) -> str:
    """Say what came of a reload."""
    also = [report.error] if report.error and report.status is not ReloadStatus.FAILED else []
    return "\n".join([*_lines(report), *also])


def moment(at: datetime) -> str:
    """A moment as people in the server's time zone read it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def figures_text(figures: Totals) -> str:
    """How much a snapshot holds."""
    return f"{figures.articles} 篇文章，{figures.facts} 句"


def version_line(name: str, manifest: Manifest, at: datetime, serves: bool) -> str:
    """One stored version."""
    return f"{'▶' if serves else '　'} {name}　{moment(at)}　{figures_text(manifest.totals)}"


def skipped_line(skipped: Skipped) -> str:
    """A file that is left out: at which stage and line, why, and what to do."""
    line = f"第 {skipped.line} 行" if skipped.line else ""
    return f"{skipped.name}：{skipped.stage}时{line}{skipped.reason}；{skipped.remedy}"


def progress_text(stage: str, done: int, of: int, seconds_left: float | None) -> str:
    """How far a build is."""
    share = f" {100 * done // of}%（{done}/{of} 个文件）" if of else ""
    left = "" if seconds_left is None else f"，还要约 {max(1, round(seconds_left))} 秒"
    return f"正在重建：{stage}{share}{left}"


def _lines(report: ReloadReport) -> Iterator[str]:
    match report.status:
        case ReloadStatus.BUSY:
            assert report.since is not None
            yield f"已有一次重载在进行（{moment(report.since)} 由 {report.by} 开始），这次没有执行。"
            return
        case ReloadStatus.FAILED:
            yield f"没有成功，仍在使用版本 {report.version}。{report.error}"
            return
        case ReloadStatus.NOT_ASKED:
            yield f"没有要确认的更换，这次没有执行，仍在使用版本 {report.version}；要换上现在的文件，请不带确认再重载一次。"
            return
        case ReloadStatus.ROLLED_BACK:
            yield f"已换回版本 {report.version}。"
            return
        case ReloadStatus.RESTORED:
            yield f"已从备份恢复，现在使用版本 {report.version}。"
            return
        case ReloadStatus.UNCHANGED:
            yield f"文件夹没有变化，仍是版本 {report.version}。"
            return
        case ReloadStatus.PUBLISHED:
            yield f"已换上版本 {report.version}。"
        case ReloadStatus.REHEARSED:
            yield f"试算完毕，没有更换；仍在使用版本 {report.version}。"
        case ReloadStatus.UNCONFIRMED:
            yield f"还没有更换：{report.objection}。"
    yield from _built_lines(report)


def _built_lines(report: ReloadReport) -> Iterator[str]:
    built = report.built
    assert built is not None
    figures = built.manifest.totals
    yield f"现在有 {figures_text(figures)}；读了 {built.redone} 个文件，{built.kept} 个没有变。"
    if report.objection and report.status is not ReloadStatus.UNCONFIRMED:
        yield f"注意：{report.objection}。"
    if built.difference is None:
        if report.before:
            yield f"这是一次整体重建，之前有 {figures_text(report.before)}。"
    else:
        yield from _difference_lines(built.difference)
    if figures.doubts:
        yield f"有 {figures.doubts} 处存疑，用 chuchu check 看。"
    if report.lost_count:
        when = "" if report.status is ReloadStatus.PUBLISHED else "将"
        yield f"有人看过的引文{when}有 {report.lost_count} 句不再存在，如："
        yield from (f"　－{_short(text)}" for text in report.lost)
    if skipped := built.manifest.skipped:
        yield f"跳过 {len(skipped)} 个文件："
        yield from (f"　{skipped_line(one)}" for one in skipped[:SAMPLES])
        if len(skipped) > SAMPLES:
            yield f"　……另有 {len(skipped) - SAMPLES} 个"


def _difference_lines(difference: Difference) -> Iterator[str]:
    if not difference:
        yield "内容没有变化。"
        return
    yield f"文章：{_tally(difference.articles)}；句子：{_tally(difference.facts)}。"
    yield from (f"　{_change(change)}" for change in difference.articles.first[:SAMPLES])
    yield from (f"　　{_change(change)}" for change in difference.facts.first[:SAMPLES])


def _tally(tally: Tally) -> str:
    return f"增 {tally.added}，改 {tally.changed}，删 {tally.removed}"


def _change(change: Change) -> str:
    if change.before is None:
        return f"＋{_short(change.after or '')}（{change.file}）"
    if change.after is None:
        return f"－{_short(change.before)}（{change.file}）"
    if change.before == change.after:
        return f"～{_short(change.after)}（{change.file}）"
    return f"～{_short(change.before)} → {_short(change.after)}（{change.file}）"


def _short(text: str) -> str:
    return text if len(text) <= SENTENCE else text[:SENTENCE] + "…"


def trial_text(name: str, target: str, trial: Preview, replaces: bool) -> str:
    """What a sent file would become."""
    return "\n".join(_trial_lines(name, target, trial, replaces))


def _trial_lines(name: str, target: str, trial: Preview, replaces: bool) -> Iterator[str]:
    yield f"《{name}》：{trial.articles} 篇文章，{trial.facts} 句；修复 {trial.repairs} 处，存疑 {trial.doubts} 处。"
    yield f"将存为 {target}" + ("，替换现有的同名文件（旧的留在历史里）。" if replaces else "。")
    yield from (f"　题：{_short(title)}" for title in trial.titles[:SAMPLES])
    for told in trial.first_facts:
        yield f"　第{_place(told)}行：{_short(told.text)}"
    for told in trial.first_repairs[:SAMPLES]:
        yield f"　{'？' if told.doubt else '·'} 第{_place(told)}行：{_short(told.text)}"
    yield from (f"　跳过 {skipped_line(skipped)}" for skipped in trial.skipped[:SAMPLES])


def _place(told: PreviewLine) -> str:
    return "、".join(str(a) if a == b else f"{a}–{b}" for a, b in told.lines) or "？"


JSON = TypeAdapter(dict[str, JsonValue])


def report_json(report: ReloadReport) -> dict[str, JsonValue]:
    """A report as an object; `text` says the same in words, `confirm` is what a confirmation hands back."""
    told: dict[str, object] = {
        "ending": report.status.value,
        "version": report.version,
        "text": report_text(report),
        "confirm": report.confirm,
        "objection": report.objection,
        "since": report.since.isoformat() if report.since else None,
        "by": report.by,
        "error": report.error,
        "lost": list(report.lost),
        "lost_count": report.lost_count,
    }
    if built := report.built:
        told |= {
            "figures": asdict(built.manifest.totals),
            "difference": asdict(built.difference) if built.difference else None,
            "redone": built.redone,
            "kept": built.kept,
            "skipped": [asdict(skipped) for skipped in built.manifest.skipped],
        }
    return JSON.validate_python(told)


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
    coded = row.outcome == "refused" or row.act == Permission.RELOAD
    reason, _, rest = row.detail.partition(" ") if coded else ("", "", row.detail)
    what = (ACTS.get(row.act, row.act), OUTCOMES.get(row.outcome, row.outcome))
    told = (str(row.number), moment(row.at), row.actor, *what, REASONS.get(reason, reason), rest)
    return " ".join(filter(None, told))
