"""The ready rules and the dashboard ask for metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aiohttp

from bot.inbox import UpdateStatus
from knowledge.snapshots.files import lock_holder
from tests.support.process import ROOT, running

MONITORING = ROOT / "docs" / "monitoring"
PLATFORMS_OWN = {"chuchu_heard_seconds", "chuchu_inbox_waiting", "chuchu_chats_held"}
NAME = re.compile(r"\bchuchu_[a-z_]+")


def asked_for() -> set[str]:
    """The metrics that rules and dashboard name."""
    panels = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = (MONITORING / "rules.yml").read_text(encoding="utf-8")
    texts += re.findall(r"expr: ((?:>\n(?: {10}.*\n)+)|.*)", rules)
    return {name for text in texts for name in NAME.findall(text)}


async def test_what_is_asked_for_is_there_and_the_manual_names_every_metric_and_no_other(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, CHUCHU_ADMIN_TOKEN="t" * 20) as bot, aiohttp.ClientSession() as http:
        await (await http.get(f"{bot.url}/api/ask?q=桥")).read()
        await (await http.get(f"{bot.url}/?q=qzxjk")).read()
        holder = lock_holder(tmp_path / "var")
        assert holder and holder.admin
        held = {"Authorization": f"Bearer {'t' * 20}"}
        told = await (await http.get(f"http://{holder.admin}/metrics", headers=held)).text()
    types = re.findall(r"^# TYPE (chuchu_\w+) (\w+)", told, re.M)
    shown = {f"{name.removesuffix('_total')}_total" if kind == "counter" else name for name, kind in types}
    shown = {name for name in shown if not name.endswith("_created")} | PLATFORMS_OWN
    assert asked_for() <= shown | {f"{name}{end}" for name in shown for end in ("_bucket", "_count", "_sum")}
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(chuchu_\w+)`", manual)) == shown
    assert set(re.findall(r"^\| `([a-z]+)` \|", manual, re.M)) == set(UpdateStatus)
    assert 'chuchu_questions_total{surface="page",tier="none"} 1.0' in told
    assert 'chuchu_http_requests_total{route="/api/ask",status="200"} 1.0' in told
