"""`python -m tests.smoke CHUCHU`: does an installed `chuchu` answer? Run on whatever `make release` has installed.

Everything it needs must have come with it: it runs in an empty folder, with nothing of the repository on its path.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

ARTICLE = "大桥通车了\n\n本报讯 跨江大桥昨天正式通车，全长三公里，市民纷纷前往参观。\n"
QUESTION = "大桥有多长？"
PATIENCE = 120  # seconds


def main(arguments: list[str]) -> int:
    """Ask in the terminal and over HTTP; 1 where an answer is not what it must be."""
    (chuchu,) = (str(Path(one).absolute()) for one in arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "articles").mkdir()
        (home / "articles" / "桥.txt").write_text(ARTICLE, encoding="utf-8")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        ours = kept | {"CHUCHU_ARTICLES": "articles"}
        ours |= dict.fromkeys(("CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP"), "127.0.0.1:0")
        asked = subprocess.check_output([chuchu, "ask", "--json", QUESTION], cwd=home, env=ours)
        answers = [json.loads(asked), _served(chuchu, home, ours)]
    for answer in answers:
        print(f"{QUESTION} {answer['answer']}  {answer['hits'][0]['fact']['source']['file']}")
    return 0 if all(answer["answer"] == "三公里" for answer in answers) else 1


def _served(chuchu: str, home: Path, environment: dict[str, str]) -> dict[str, object]:
    with subprocess.Popen([chuchu, "run"], cwd=home, env=environment, stdout=subprocess.PIPE) as bot:
        assert bot.stdout is not None
        try:
            found = re.search(r"http://([\d.]+):(\d+)", bot.stdout.readline().decode())
            assert found, "the bot did not say where its page is"
            page = HTTPConnection(found[1], int(found[2]), timeout=PATIENCE)
            page.request("GET", f"/api/ask?q={quote(QUESTION)}")
            answer: dict[str, object] = json.loads(page.getresponse().read())
            return answer
        finally:
            bot.terminate()
            began = time.monotonic()
            bot.wait(PATIENCE)
            print(f"stopped in {time.monotonic() - began:.1f} s with {bot.returncode}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
