"""Read and repair one file in a process of its own, under limits, to show what would become of it.

Standard input: one line of JSON, `{"path": …, "name": …}`. Standard output: a `Trial` as one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.model import Fact, ParsedDocument, RepairEntry, Skipped, line_ranges

FIRST = 3
LISTED = 10
MEMORY = 2 * 1024**3  # bytes of address space
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, or a repair's reason, with the lines it stands on."""

    text: str
    lines: tuple[tuple[int, int], ...]
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What one file would become: counts, and the first of each kind."""

    articles: int
    facts: int
    repairs: int
    doubts: int
    titles: tuple[str, ...]
    first_facts: tuple[Told, ...]
    first_repairs: tuple[Told, ...]
    skipped: tuple[Skipped, ...]


def try_out(name: str, data: bytes) -> Trial:
    """Read and repair one file, or the members of an archive."""
    from knowledge.documents.folder import read_bytes  # the parent needs the nouns alone
    from knowledge.snapshots.mending import mend

    repaired: list[ParsedDocument] = []
    skipped: list[Skipped] = []
    for read in read_bytes(name, data):
        one = mend(read)
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            repaired.append(one[0])
    facts = [fact for one in repaired for fact in one.facts]
    log = sorted((entry for one in repaired for entry in one.log), key=lambda entry: not entry.doubt)
    return Trial(
        articles=sum(len(one.articles) for one in repaired),
        facts=len(facts),
        repairs=len(log),
        doubts=sum(entry.doubt for entry in log),
        titles=tuple(article.title.text for one in repaired for article in one.articles)[:LISTED],
        first_facts=tuple(_fact(fact) for fact in facts[:FIRST]),
        first_repairs=tuple(_repair(entry) for entry in log[:LISTED]),
        skipped=tuple(skipped[:LISTED]),
    )


def _fact(fact: Fact) -> Told:
    return Told(fact.text, fact.lines)


def _repair(entry: RepairEntry) -> Told:
    return Told(entry.reason, line_ranges(sorted(span.line for span in entry.spans)), entry.doubt)


def main() -> int:
    """Try out what standard input names."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    asked = json.loads(sys.stdin.readline())
    print(json.dumps(asdict(try_out(asked["name"], Path(asked["path"]).read_bytes()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
