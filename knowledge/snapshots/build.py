"""Build a snapshot of the articles folder in an empty folder, redoing only what was touched."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from knowledge.documents import RECOGNISED
from knowledge.documents.folder import Read, Source, find_sources, read_sources
from knowledge.documents.sidecar import sidecar_names
from knowledge.errors import NothingChanged, SnapshotDamaged, blames_machine
from knowledge.index.index import IndexedDocument, build_index, update_index
from knowledge.model import Document, ParsedDocument, Skipped
from knowledge.repair.stitching import keep_verified
from knowledge.snapshots import manifest
from knowledge.snapshots.beside import (
    changed_lists,
    copy_aliases,
    copy_dictionary,
    copy_libraries,
    read_dictionary,
)
from knowledge.snapshots.difference import Comparison
from knowledge.snapshots.files import explain_io_errors
from knowledge.snapshots.helpers import helped, in_batches
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.repository import INDEX, Hand, Suspect, hand_in
from knowledge.snapshots.request import REPAIRING, STORING, BuildRequest, BuildResult, Progress, no_progress
from knowledge.snapshots.sources import (
    SourceState,
    build_fingerprint,
    folder_fingerprint,
    only_sidecar_differs,
    read_states,
    source_digest,
    total,
    write_states,
)
from knowledge.text.keywords import KeywordExtractor

if TYPE_CHECKING:
    from knowledge.documents.ocr import TextRecogniser
    from knowledge.repair.pipeline import Lines

REPAIR, TERMS, INDEXING = "整理", "分词", "建索引"
READ = "读取"
RECOGNISING = "识别图片"
REMEDY = "其余文件照常；请把这个文件和日志里的出错记录交给开发者"
AGAIN = "-again"  # no folder's fingerprint ends so: a passing fault is tried again though nothing was touched
SAID = 120  # characters of what an error says
OBJECTS = 50_000  # made between two looks for garbage
MANY = 64  # files from which on helpers are worth their forks
TRIED = 5_000  # lines of a document in which the line that repair fails on is looked for

Repair: TypeAlias = Callable[[Document], ParsedDocument]
_Sources: TypeAlias = Sequence[tuple[int, Source]]
"""Files that are worked on together, numbered among all that are."""
_Prepared: TypeAlias = tuple[int, IndexedDocument | Skipped]
"""What became of a document, with its file's number."""


def read_or_skip(name: str, reads: Iterator[Read], before: Callable[[], object] = object) -> Iterator[Read]:
    """Hand on what a reader gives, calling `before` each time; one that fails ends with what it has given."""
    while True:
        before()
        try:
            read = next(reads)
        except StopIteration:
            return
        except BaseException as error:
            if blames_machine(error):
                raise
            yield skipped_for(name, READ, error)
            return
        yield read


def repair_or_skip(
    document: Document, repair: Repair | None = None, lines: Lines | None = None
) -> ParsedDocument | Skipped:
    """Repair a document and keep what it proves; one that repair fails on is skipped, the traceback logged.

    Its `lines` need not be labelled once more.
    """
    from knowledge.repair.pipeline import repair_document  # .1 s of patterns, which a question need not pay

    try:
        return keep_verified(repair(document) if repair else repair_document(document, lines))
    except BaseException as error:
        if blames_machine(error):
            raise
        return skipped_for(document.name, REPAIR, error, _failing_line(document, repair or repair_document))


def annotate_or_skip(parsed: ParsedDocument, keywords: KeywordExtractor) -> ParsedDocument | Skipped:
    """Give a document's articles their key words; one that this fails on is skipped, the traceback logged."""
    try:
        return keywords.annotate(parsed)
    except BaseException as error:
        if blames_machine(error):
            raise
        return skipped_for(parsed.document.name, TERMS, error)


def skipped_for(name: str, stage: str, error: BaseException, line: int | None = None) -> Skipped:
    """What is told of a document that raised something at a stage; the log has the traceback."""
    where = f", line {line}" if line else ""
    logging.getLogger(__name__).error("%s%s is left out, at %s", name, where, stage, exc_info=error)
    kind, said = type(error).__name__, " ".join(str(error).split())[:SAID]
    reason = f"出错（{kind}：{said}）" if said else f"出错（{kind}）"
    return Skipped(name, reason, REMEDY, stage=stage, line=line)


def _failing_line(document: Document, repair: Repair) -> int | None:
    """The first line with which repair fails and without which it does not, found by halving; None if none is."""

    def fails(lines: int) -> bool:
        try:
            keep_verified(repair(_first_lines(document, lines)))
        except BaseException as error:
            if blames_machine(error):
                raise
            return True
        return False

    sound, broken = 0, len(document.lines)
    if broken > TRIED or not fails(broken) or fails(sound):
        return None
    while broken - sound > 1:
        middle = (sound + broken) // 2
        sound, broken = (sound, middle) if fails(middle) else (middle, broken)
    return broken


def _first_lines(document: Document, number: int) -> Document:
    return replace(
        document,
        lines=document.lines[:number],
        page_starts=tuple(start for start in document.page_starts if start <= number),
        article_starts=tuple(start for start in document.article_starts if start <= number),
        blocks=tuple(block for block in document.blocks if block.last <= number),
    )


def build(
    request: BuildRequest,
    folder: Path,
    progress: Progress = no_progress,
    fingerprint: str | None = None,
    repair: Repair | None = None,
    helpers: int = 0,
) -> BuildResult:
    """Build and seal the snapshot of `request.articles` in the empty `folder`.

    `fingerprint` is this program's `build_fingerprint()`, for who knows it already. Whatever is raised for one
    document costs that document. So many `helpers` read and repair many files aside; a process of one thread may have
    them.

    Raises:
        NoArticles: the articles folder is missing or no folder.
        NothingChanged: there is nothing to build.
        StorageUnavailable: the disk is full or closed.
    """
    from knowledge.documents.ocr import TextRecogniser  # it brings PDFium, which a question need not pay

    with explain_io_errors(folder), hand_in(folder) as hand, _garbage_seldom_collected():
        sources = list(find_sources(request.articles))
        seen = folder_fingerprint(request.articles, sources)
        fingerprint = fingerprint or build_fingerprint()
        told = _usable(request.base, fingerprint)
        if request.if_changed and told and told.folder_fingerprint == seen:
            raise NothingChanged(f"{request.articles} 没有变化")
        skipped = copy_dictionary(request.articles, folder)
        dictionary = read_dictionary(folder)
        base = request.base if told and read_dictionary(request.base or folder) == dictionary else None
        plan = _plan(sources, read_states(base) if base else {}, request.left_out)
        gone = {name for state in plan.gone for name in state.documents}
        left_out = {(one.name, one.digest): one for one in request.left_out}
        recogniser = TextRecogniser(folder.parent / RECOGNISED, partial(_tell_pages, progress))
        work = _Work(hand, progress, repair, KeywordExtractor(dictionary), left_out, recogniser)
        difference = None
        with work.documents(plan.redone, helpers) as documents:
            if base:
                with Comparison.with_index(base / INDEX) as comparison:
                    repaired = comparison.through(documents, work.failed)
                    update_index(folder / INDEX, base / INDEX, gone, repaired, work.skip)
                    difference = comparison.finish(gone)
            else:
                build_index(folder / INDEX, documents, work.skip)
        hand.lay_down()
        progress(STORING, len(plan.redone), len(plan.redone))
        states = sorted(plan.kept + work.states, key=lambda state: state.name)
        write_states(folder, states)
        skipped = (*(skipped for state in states for skipped in state.skipped), *skipped)
        skipped += copy_aliases(request.articles, folder)
        skipped += copy_libraries(request.articles, folder)
    with explain_io_errors(folder):
        if any(state.passing for state in states):
            seen += AGAIN
        sealed = manifest.seal(folder, Manifest(seen, fingerprint, time.time(), total(states), skipped))
    beside = (*changed_lists(request.base, folder), *plan.sidecars) if told and request.base else ()
    return BuildResult(sealed, difference, len(plan.redone), len(plan.kept), beside)


@contextmanager
def _garbage_seldom_collected() -> Iterator[None]:
    """Look for garbage after so many new objects only: of the many that repair makes few are in cycles, and looking
    takes 7 % of a build."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _tell_pages(progress: Progress, _name: str, page: int, of: int) -> None:
    progress(RECOGNISING, page, of)


class _Work:
    """Documents on their way into the index, one at a time, and what became of each."""

    def __init__(
        self,
        hand: Hand,
        progress: Progress,
        repair: Repair | None,
        keywords: KeywordExtractor,
        left_out: Mapping[tuple[str, str], Suspect],
        recogniser: TextRecogniser,
    ) -> None:
        self.states: list[SourceState] = []
        self.failed: dict[str, Skipped] = {}
        self._hand = hand
        self._progress = progress
        self._repair = repair
        self._keywords = keywords
        self._left_out = left_out
        self._recogniser = recogniser

    def skip(self, document: Document, error: BaseException) -> None:
        """Take back a document that the index could not hold."""
        self.failed[document.name] = skipped_for(document.name, INDEXING, error)

    @contextmanager
    def documents(
        self, sources: Sequence[tuple[Source, str]], helpers: int = 0
    ) -> Iterator[Iterator[IndexedDocument]]:
        """Lend what is read and repaired; what becomes of each file is written down on the way."""
        if sources:
            self._keywords.load()  # what keeps it from its dictionary is no document's fault
            if self._repair is None:
                from knowledge.repair.pipeline import load_models  # as in repair_or_skip

                load_models()
        self.states = [SourceState(one.name, one.size, one.stamp, digest) for one, digest in sources]
        batches = list(in_batches(enumerate(source for source, _ in sources), lambda known: known[1].size))
        many = helpers if len(sources) >= MANY else 0
        with helped(batches, self._aside(), many) as prepared:
            yield self._indexed(prepared)

    def _aside(self) -> Callable[[_Sources], list[_Prepared]]:
        """The same work with nothing in hand: over what a helper ends, this process goes once more."""
        other = copy(self)
        other._hand, other._progress = Hand(), no_progress
        return lambda batch: list(other._prepared(batch))

    def _indexed(
        self, prepared: Iterator[tuple[_Sources, list[_Prepared] | None]]
    ) -> Iterator[IndexedDocument]:
        for batch, aside in prepared:
            self._progress(REPAIRING, batch[0][0], len(self.states))
            for number, one in self._prepared(batch) if aside is None else aside:
                state = self.states[number]
                if isinstance(one, Skipped):
                    self.states[number] = _and_skipped(state, one)
                    continue
                self._hand.take(one[0].document.name, state.sha256, INDEXING)
                yield one
                self._hand.lay_down()
                self.states[number] = self._with(state, one[0])
        self._progress(REPAIRING, len(self.states), len(self.states))

    def _prepared(self, batch: _Sources) -> Iterator[_Prepared]:
        """Read, repair and annotate a batch, each before the next: what one step needs of models and dictionaries then
        stays at hand in the processor, which takes a fifth off a build."""
        reads = ((number, read) for number, source in batch for read in self._reads(number, source))
        for some in in_batches(reads, _size):
            lines = self._labelled(
                [(number, read[0]) for number, read in some if not isinstance(read, Skipped)]
            )
            repaired = [
                (number, read if isinstance(read, Skipped) else self._repaired(number, *read, next(lines)))
                for number, read in some
            ]
            yield from [(number, self._annotated(number, one)) for number, one in repaired]

    def _with(self, state: SourceState, parsed: ParsedDocument) -> SourceState:
        if failed := self.failed.get(parsed.document.name):
            return _and_skipped(state, failed)
        return replace(
            state,
            documents=(*state.documents, parsed.document.name),
            articles=state.articles + len(parsed.articles),
            facts=state.facts + len(parsed.facts),
            doubts=state.doubts + sum(entry.doubt for entry in parsed.log),
        )

    def _reads(self, number: int, source: Source) -> Iterator[Read]:
        """What reading one file gives; a reader that fails ends the file with what it has given."""
        self._progress(REPAIRING, number, len(self.states))
        digest = self.states[number].sha256
        if suspect := self._left_out.get((source.name, digest)):
            yield suspect.left_out()
            return
        reads = read_sources(source, self._recogniser)
        for read in read_or_skip(source.name, reads, lambda: self._hand.take(source.name, digest, READ)):
            suspect = None if isinstance(read, Skipped) else self._left_out.get((read[0].name, digest))
            yield suspect.left_out() if suspect else read

    def _labelled(self, documents: Sequence[tuple[int, Document]]) -> Iterator[Lines | None]:
        """Say what all lines are at once; where that fails each document is labelled, and fails, alone."""

        def taken() -> Iterator[Document]:
            for number, document in documents:
                self._hand.take(document.name, self.states[number].sha256, REPAIR)
                yield document

        if self._repair is None:
            from knowledge.repair.pipeline import label_lines  # as in repair_or_skip

            try:
                return iter(label_lines(taken()))
            except BaseException as error:
                if blames_machine(error):
                    raise
        return repeat(None)

    def _repaired(
        self, number: int, document: Document, data: bytes, lines: Lines | None
    ) -> IndexedDocument | Skipped:
        self._hand.take(document.name, self.states[number].sha256, REPAIR)
        parsed = repair_or_skip(document, self._repair, lines)
        return parsed if isinstance(parsed, Skipped) else (parsed, data)

    def _annotated(self, number: int, repaired: IndexedDocument | Skipped) -> IndexedDocument | Skipped:
        if isinstance(repaired, Skipped):
            return repaired
        parsed, data = repaired
        self._hand.take(parsed.document.name, self.states[number].sha256, TERMS)
        annotated = annotate_or_skip(parsed, self._keywords)
        return annotated if isinstance(annotated, Skipped) else (annotated, data)


def _size(read: tuple[int, Read]) -> int:
    return 0 if isinstance(read[1], Skipped) else read[1][0].size


def _and_skipped(state: SourceState, skipped: Skipped) -> SourceState:
    return replace(state, skipped=(*state.skipped, skipped))


@dataclass(slots=True)
class _Plan:
    kept: list[SourceState] = field(default_factory=list)
    redone: list[tuple[Source, str]] = field(default_factory=list)
    gone: list[SourceState] = field(default_factory=list)
    sidecars: list[str] = field(default_factory=list)


def _usable(base: Path | None, fingerprint: str) -> Manifest | None:
    """The manifest of a base that is whole and made by this very program: damage must not be built upon."""
    try:
        told = manifest.read_manifest(base) if base else None
        return (
            manifest.verify_files(base) if base and told and told.build_fingerprint == fingerprint else None
        )
    except SnapshotDamaged:
        return None


def _plan(sources: Sequence[Source], known: dict[str, SourceState], left_out: Sequence[Suspect]) -> _Plan:
    plan = _Plan()
    suspected = {one.digest for one in left_out}
    for source in sources:
        state = known.pop(source.name, None)
        again = state is None or state.passing or state.sha256 in suspected
        if state and not again and (state.size, state.stamp) == (source.size, source.stamp):
            plan.kept.append(state)
            continue
        digest = source_digest(source)
        if state and not again and digest and state.sha256 == digest:
            plan.kept.append(replace(state, size=source.size, stamp=source.stamp))
            continue
        plan.redone.append((source, digest))
        if state and only_sidecar_differs(state.sha256, digest):
            plan.sidecars.append(source.sidecar.name if source.sidecar else sidecar_names(source.name)[0])
        if state:
            plan.gone.append(state)
    plan.gone.extend(known.values())
    return plan
