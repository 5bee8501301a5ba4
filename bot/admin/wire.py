"""Reports as JSON, for the admin door and whoever calls it."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import JsonValue, TypeAdapter

from bot.admin.report import Report
from bot.admin.wording import report_text

JSON = TypeAdapter(dict[str, JsonValue])


def report_json(report: Report) -> dict[str, JsonValue]:
    """A report as an object; `text` says the same in words, `confirm` is what a confirmation hands back."""
    told: dict[str, object] = {
        "ending": report.ending.value,
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
