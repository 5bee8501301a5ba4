"""The ready rules and the dashboard ask for metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aiohttp

from knowledge.snapshots.files import lock_holder
from tests.support.process import ROOT, running

MONITORING = ROOT / "docs" / "monitoring"
PLATFORMS_OWN = {"chuchu_heard_seconds", "chuchu_inbox_waiting", "chuchu_chats_held"}
NAME = re.compile(r"\bchuchu_[a-z_]+")


def asked_for() -> set[str]:
    """The metrics that rules, dashboard and manual name."""
    panels = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = (MONITORING / "rules.yml").read_text(encoding="utf-8")
    texts += re.findall(r"expr: ((?:>\n(?: {10}.*\n)+)|.*)", rules)
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    texts += re.findall(r"`(chuchu_[a-z_]+)`", manual)
    return {name for text in texts for name in NAME.findall(text)}


async def test_every_metric_that_is_asked_for_is_there(tmp_path: Path) -> None:
    async with running(tmp_path, CHUCHU_ADMIN_TOKEN="t" * 20) as bot, aiohttp.ClientSession() as http:
        await (await http.get(f"{bot.url}/api/ask?q=桥")).read()
        await (await http.get(f"{bot.url}/?q=qzxjk")).read()
        holder = lock_holder(tmp_path / "var")
        assert holder and holder.admin
        held = {"Authorization": f"Bearer {'t' * 20}"}
        told = await (await http.get(f"http://{holder.admin}/metrics", headers=held)).text()
    shown = set(re.findall(r"^# TYPE (chuchu_\w+)", told, re.M))
    parts = {f"{name}{end}" for name in shown for end in ("", "_total", "_bucket", "_count", "_sum")}
    assert asked_for() <= parts | PLATFORMS_OWN
    assert 'chuchu_questions_total{surface="page",tier="none"} 1.0' in told
    assert 'chuchu_http_requests_total{route="/api/ask",status="200"} 1.0' in told
