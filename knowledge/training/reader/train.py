"""`python -m knowledge.training.reader.train ROOT OUT.pt --minutes N`: trains the reader for so many minutes of its own.

ROOT is the folder with the bare git directories that `sources` names. Needs the extra `training`.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import rjieba
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from knowledge.answering.pieces import PieceVocabulary
from knowledge.answering.reader import PairEncoder
from knowledge.training.reader import sources
from knowledge.training.reader.examples import ExampleMaker
from knowledge.training.reader.network import (
    Batch,
    Encoder,
    ReaderNetwork,
    collated,
    cut_as,
    cut_to,
    e5_small,
    losses,
    written_weights,
)
from knowledge.training.reader.questions import MADE, from_news
from knowledge.training.reader.sources import KEPT_APART, ReaderQuestion
from knowledge.training.reader.words import WordKinds

TOLD = 40
"""Steps between two lines of losses."""
WARMING = 60
"""Steps until the full rate."""
DECAY = 0.9
"""How much slower each lower layer learns."""
JUDGING = 300
"""Steps between two looks at the passages kept apart."""
PIECES = 16_800


def material(root: Path, passages: int, questions: int, seed: int) -> tuple[ExampleMaker, Encoder]:
    """Read the public sets, make the news questions, and cut the vocabulary to what they use."""
    rng = random.Random(seed)
    news = sources.news(root, passages * 3 // 5) + sources.stories(root, passages * 2 // 5)
    rng.shuffle(news)
    made = from_news(news, questions, rng)
    sets = [
        sources.cmrc_trial(root),
        sources.cmrc_train(root),
        sources.drcd_test(root),
        sources.xquad(root),
        sources.dureader(root),
        made,
    ]
    lexicon = WordKinds.read(root, news + [p for one in sets[:-1] for p in one.passages])
    texts = [p.text + "\n" + p.title for one in sets for p in one.passages]
    texts += [asked.text for one in sets for asked in one.asked]
    common = [word for word, count in lexicon.counts.most_common() if len(word) > 1 and count > 3]
    encoder = cut_to(e5_small(), texts, common, PIECES)
    return ExampleMaker(sets, lexicon), encoder


def main(arguments: list[str]) -> None:
    """Make the material (or take it from the cache), train, and write the best checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="of the processor: a busy machine takes longer"
    )
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--passages", type=int, default=9000)
    parser.add_argument("--questions", type=int, default=26_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="more than one only on idle cores")
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that make the batches, for a GPU: 12"
    )
    parser.add_argument(
        "--groups", type=int, default=8, help="questions a step, three to six pairs each; a GPU: 64"
    )
    parser.add_argument(
        "--start", type=Path, help="a checkpoint to go on from, or the folder of a reader.onnx"
    )
    parser.add_argument("--material", type=Path, help="where the questions made are kept for the next run")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    torch.manual_seed(7)
    cache = given.material or given.out.with_suffix(".material")
    if not cache.exists():
        cache.write_bytes(pickle.dumps(material(given.root, given.passages, given.questions, given.seed)))
    maker, encoder = pickle.loads(cache.read_bytes())  # noqa: S301 - written above
    kept = torch.load(given.start) if given.start and given.start.is_file() else None
    if given.start:
        pieces = kept["pieces"] if kept else (given.start / "pieces.txt").read_bytes()
        encoder = cut_as(PieceVocabulary.parse(pieces), e5_small())
    network = ReaderNetwork(encoder)
    if kept:
        network.load_state_dict(kept["network"])
    elif given.start:
        own, weights = network.state_dict(), written_weights(given.start, network.linear)
        network.load_state_dict({**own, **{name: torch.tensor(one) for name, one in weights.items()}})
    training = Training(network, Stream(maker, encoder, given.groups, given.seed), given.rate)
    training.run(given.minutes, given.out, given.workers)


class Stream(IterableDataset[Batch]):
    """Batches without end, two questions that people asked to each made one; another run in each worker."""

    def __init__(self, maker: ExampleMaker, encoder: Encoder, groups: int, seed: int) -> None:
        self.maker = maker
        self.groups = groups
        self.seed = seed
        self.pairs = PairEncoder(encoder.vocabulary)
        kept = [(n, a) for n, a in maker.questions if a.passage % KEPT_APART == 0]
        self.kept = random.Random(1).sample(kept, min(len(kept), 300))
        learnt = [(n, a) for n, a in maker.questions if a.passage % KEPT_APART]
        self.made = [(n, a) for n, a in learnt if maker.sets[n].name == MADE]
        self.asked = [(n, a) for n, a in learnt if maker.sets[n].name != MADE]

    def __iter__(self) -> Iterator[Batch]:
        """Draw some hundred questions, put those of like length together, and go on."""
        worker = get_worker_info()
        rng = random.Random(self.seed * 1000 + (worker.id if worker else 0))
        asked, made = _in_turn(self.asked, rng), _in_turn(self.made, rng)
        while True:
            many = self.groups * 8
            drawn = [*islice(asked, 2 * many), *islice(made, many)]
            groups = [g for n, a in drawn if (g := self.maker.group(n, a, rng))]
            groups.sort(key=lambda g: len(g[0].question + g[0].window.sentence))
            batches = [groups[i : i + self.groups] for i in range(0, len(groups), self.groups)]
            for batch in rng.sample(batches, len(batches)):
                yield collated(batch, self.pairs, rng)

    def apart(self) -> Iterator[Batch]:
        """Return the batches of the passages kept apart, always the same."""
        rng = random.Random(1)
        groups = [g for n, a in self.kept if (g := self.maker.group(n, a, rng, plain=True))]
        for first in range(0, len(groups), self.groups):
            yield collated(groups[first : first + self.groups], self.pairs, rng)


def _in_turn(
    questions: list[tuple[int, ReaderQuestion]], rng: random.Random
) -> Iterator[tuple[int, ReaderQuestion]]:
    """Give every question once before any comes again."""
    while True:
        yield from rng.sample(questions, len(questions))


class Training:
    """One run: the network on its device, the optimiser and its own time."""

    def __init__(self, network: ReaderNetwork, stream: Stream, rate: float) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.half = self.device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
        self.network = network.to(self.device)
        self.stream = stream
        self.optimiser = torch.optim.AdamW(self._rates(rate), lr=rate, betas=(0.9, 0.98), fused=True)
        asked, made = len(stream.asked), len(stream.made)
        print(f"{asked} questions asked, {made} made, on {self.device}, bf16: {self.half}", flush=True)

    def _rates(self, rate: float) -> list[dict[str, object]]:
        groups: dict[float, list[torch.nn.Parameter]] = {}
        highest = len(self.network.layers) - 1
        for name, weight in self.network.named_parameters():
            if name.startswith(("words", "places", "norm")):
                weight.requires_grad = False
            elif name.startswith("layers"):
                layer = int(name.split(".")[1])
                if layer < self.network.frozen:
                    weight.requires_grad = False
                else:
                    groups.setdefault(rate * DECAY ** (highest - layer), []).append(weight)
            else:
                groups.setdefault(rate * 8, []).append(weight)
        return [
            {"params": weights, "base": base, "weight_decay": 0.01 if base <= rate else 0.0}
            for base, weights in groups.items()
        ]

    def run(self, minutes: float, out: Path, workers: int) -> None:
        """Train for the minutes given, warming up and then falling to a fiftieth of the rate.

        What is written is the best by the passages kept apart.
        """
        begun = time.process_time()
        least = float("inf")
        pairs = 0
        seen = np.zeros(4)
        batches: Iterable[Batch] = self.stream
        if workers:
            batches = DataLoader(self.stream, batch_size=None, num_workers=workers)
        for step, batch in enumerate(batches, 1):
            share = (time.process_time() - begun) / (minutes * 60)
            if share >= 1:
                break
            for group in self.optimiser.param_groups:
                group["lr"] = group["base"] * min(1.0, step / WARMING) * max(0.02, 1 - share)
            found = losses(self.network, batch.to(self.device), half=self.half)
            found.total.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            pairs += len(batch.kinds)
            seen += [float(x.detach()) for x in (found.span, found.answerable, found.doubt, found.order)]
            if step % TOLD == 0:
                names = ("span", "answerable", "doubt", "order")
                said = " ".join(f"{n} {x:.3f}" for n, x in zip(names, seen / TOLD, strict=True))
                print(f"step {step} pairs {pairs} {time.process_time() - begun:.0f} s {said}", flush=True)
                seen[:] = 0
            if step % JUDGING == 0:
                least = self._kept(out, least)
        self._kept(out, least)
        self.check()

    def _kept(self, out: Path, least: float) -> float:
        """Write the checkpoint if the passages kept apart lose less than ever; return the least they lost."""
        self.network.eval()
        with torch.no_grad():
            batches = (made.to(self.device) for made in self.stream.apart())
            lost = float(np.mean([float(losses(self.network, one, half=self.half).total) for one in batches]))
        self.network.train()
        print(f"kept apart: {lost:.4f}" + (" *" if lost < least else ""), flush=True)
        if lost < least:
            self._write(out)
        return min(lost, least)

    def _write(self, out: Path) -> None:
        part = out.with_suffix(".part")
        weights = {name: weight.cpu() for name, weight in self.network.state_dict().items()}
        seen = [(one.ids, one.segments, one.matches) for one in islice(self.stream.apart(), 2)]
        pieces = self.stream.pairs.vocabulary.written()
        torch.save({"network": weights, "pieces": pieces, "seen": seen}, part)
        part.replace(out)

    def check(self) -> None:
        """Print exact spans and AUCs on the passages kept apart."""
        self.network.eval()
        scores: dict[str, list[float]] = {}
        doubts: dict[str, list[float]] = {}
        exact: list[bool] = []
        with torch.no_grad():
            for made in self.stream.apart():
                batch = made.to(self.device)
                start, end, doubt, answerable = losses(self.network, batch, half=self.half).logits
                most = doubt.masked_fill(batch.judged == 0, -99).max(1).values
                hit = (start.argmax(1) == batch.start) & (end.argmax(1) == batch.end)
                for row, kind in enumerate(batch.kinds):
                    scores.setdefault(kind.split("-")[0], []).append(float(answerable[row]))
                    doubts.setdefault(kind.split("-")[0], []).append(-float(most[row]))
                    if kind == "answer":
                        exact.append(bool(hit[row]))
        self.network.train()
        auc = {
            kind: round(_auc(scores["answer"], scores[kind]), 3)
            for kind in scores
            if kind not in ("answer", "both")
        }
        by_doubt = round(_auc(doubts["answer"], doubts["near"]), 3)
        print(
            f"kept apart: exact {np.mean(exact):.3f}, answerable AUC {auc}, doubt AUC near {by_doubt}",
            flush=True,
        )


def _auc(better: list[float], worse: list[float]) -> float:
    left, right = np.array(better), np.array(worse)
    return float(np.mean([(left > x).mean() + 0.5 * (left == x).mean() for x in right]))


if __name__ == "__main__":
    rjieba.cut("")
    main(sys.argv[1:])
