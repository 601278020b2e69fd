"""The training loop: groups in, a checkpointed network out. A GPU is used where there is one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.training.examples import Collection
from embeddings.training.mixture import Recipe, groups
from embeddings.training.warm_start import load_reader
from embeddings.training.windows import Example

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from embeddings.training.network import ReaderNetwork

__all__ = ["Encoded", "Schedule", "encode", "load_network", "signals", "train"]

MAX_TOKENS, MAX_QUESTION_TOKENS, MAX_TITLE_TOKENS = 224, 48, 24
CLS, SEP, COLON = 101, 102, 1024
HEAD_RATE = 8.0
"""The heads start from nothing and learn this much faster than the layers."""
CHUNK = 8
"""Windows of similar length that go through the network together."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to train; with `minutes`, by the clock where that is ahead of the steps."""

    steps: int = 3000
    groups: int = 8
    seed: int = 7
    minutes: float | None = None
    warmup: float = 0.04
    checkpoint_every: int = 100


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as tokens; `bounds` are the sentences' token ranges, `span` the answer's."""

    ids: tuple[int, ...]
    text_start: int
    bounds: tuple[tuple[int, int], ...]
    relevant: tuple[int, ...]
    span: tuple[int, int] | None


def encode(tokenizer: Tokenizer, example: Example) -> Encoded:
    """Lay out `[CLS] question [SEP] title : text [SEP]`, cut at `MAX_TOKENS`."""
    question = tokenizer.encode(example.question, add_special_tokens=False).ids[
        :MAX_QUESTION_TOKENS
    ]
    title = (
        tokenizer.encode(example.title, add_special_tokens=False).ids[:MAX_TITLE_TOKENS]
        if example.title
        else []
    )
    head = [CLS, *question, SEP, *([*title, COLON] if title else [])]
    text = tokenizer.encode(example.text, add_special_tokens=False)
    room = MAX_TOKENS - len(head) - 1
    offsets = text.offsets[:room]
    bounds = []
    for start, end in example.sentences:
        inside = [i for i, (s, e) in enumerate(offsets) if s >= start and e <= end]
        bounds.append((len(head) + inside[0], len(head) + inside[-1] + 1) if inside else (0, 0))
    span = None
    if example.span:
        inside = [
            i for i, (s, e) in enumerate(offsets) if s < example.span[1] and e > example.span[0]
        ]
        if inside:
            span = (len(head) + inside[0], len(head) + inside[-1])
    relevant = tuple(i for i in example.relevant if bounds[i][1])
    return Encoded((*head, *text.ids[:room], SEP), len(question) + 2, tuple(bounds), relevant, span)


def signals(
    network: ReaderNetwork, batch: Sequence[Encoded]
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """For each example: token signals `(length, 4)`, relevance `(sentences,)`, text logit `()`."""
    import torch

    device = next(network.parameters()).device
    order = sorted(range(len(batch)), key=lambda i: len(batch[i].ids))
    found: dict[int, tuple[Tensor, Tensor, Tensor]] = {}
    for at in range(0, len(order), CHUNK):
        chunk = [batch[i] for i in order[at : at + CHUNK]]
        length = max(len(e.ids) for e in chunk)
        ids = torch.zeros(len(chunk), length, dtype=torch.long)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, e in enumerate(chunk):
            ids[row, : len(e.ids)] = torch.tensor(e.ids)
            types[row, e.text_start : len(e.ids)] = 1
            mask[row, : len(e.ids)] = 1
        tokens, text = network(ids.to(device), types.to(device), mask.to(device))
        for row, e in enumerate(chunk):
            relevance = torch.stack(
                [
                    tokens[row, a:b, 0].mean() + tokens[row, a:b, 1].max()
                    if b
                    else tokens.new_tensor(-20.0)
                    for a, b in e.bounds
                ]
            )
            found[order[at + row]] = (
                tokens[row, : len(e.ids)],
                relevance,
                text[row] + relevance.max(),
            )
    return [found[i] for i in range(len(batch))]


def _loss(
    network: ReaderNetwork, batch: list[list[Encoded]], recipe: Recipe
) -> tuple[Tensor, dict[str, float]]:
    import torch
    from torch.nn import functional as F

    flat = [e for group in batch for e in group]
    read = signals(network, flat)
    ranking, absolute, spans = [], [], []
    at = 0
    for group in batch:
        mine = read[at : at + len(group)]
        at += len(group)
        labels = torch.cat([torch.zeros_like(r) for _, r, _ in mine])
        place = 0
        for e in group:
            labels[[place + i for i in e.relevant]] = 1.0
            place += len(e.bounds)
        scores = torch.cat([r for _, r, _ in mine])
        weight = torch.where(labels > 0, 1.5, 1.0)
        absolute.append(
            F.binary_cross_entropy_with_logits(scores, labels, weight=weight, reduction="sum")
            / len(mine)
        )
        if labels.any():
            ranking.append(scores.logsumexp(0) - scores[labels > 0].logsumexp(0))
        for e, (tokens, _, _) in zip(group, mine, strict=True):
            if e.span and recipe.span:
                inside = tokens[e.text_start : len(e.ids) - 1]
                for column, target in ((2, e.span[0]), (3, e.span[1])):
                    spans.append(
                        F.cross_entropy(
                            inside[None, :, column],
                            torch.tensor([target - e.text_start], device=inside.device),
                        )
                    )
    answered = torch.tensor([float(bool(e.relevant)) for e in flat], device=read[0][2].device)
    texts = torch.stack([t for _, _, t in read])
    parts = {
        "rank": torch.stack(ranking).mean() if ranking else texts.sum() * 0,
        "sentence": torch.stack(absolute).mean(),
        "text": F.binary_cross_entropy_with_logits(texts, answered),
        "span": torch.stack(spans).mean() if spans else texts.sum() * 0,
    }
    loss = (
        parts["rank"]
        + recipe.sentence * parts["sentence"]
        + 1.5 * parts["text"]
        + 2 * recipe.span * parts["span"]
    )
    return loss, {name: float(part.detach()) for name, part in parts.items()}


def load_network(
    weights: Path, checkpoint: Path | None = None, *, dropout: float = 0.0
) -> ReaderNetwork:
    """The network, from MiniLM's weights or from a checkpoint of `train`."""
    import torch

    from embeddings.training.network import ReaderNetwork, load_minilm

    torch.manual_seed(7)
    network = ReaderNetwork(dropout)
    load_minilm(network, weights)
    if checkpoint:
        network.load_state_dict(
            torch.load(checkpoint, map_location="cpu", weights_only=True)["network"]
        )
    return network


def train(
    collection: Collection,
    tokenizer: Tokenizer,
    weights: Path,
    out: Path,
    recipe: Recipe,
    schedule: Schedule,
    start: Path | None = None,
) -> ReaderNetwork:
    """Train, leaving `checkpoint.pt` and `log.txt` in `out`; carries on from them if there.

    `start` is the `model.onnx` of a trained reader to go on from instead of MiniLM.
    """
    import torch

    out.mkdir(parents=True, exist_ok=True)
    saved = out / "checkpoint.pt"
    network = load_network(weights, dropout=recipe.dropout)
    if start:
        load_reader(network, start)
    network.freeze(recipe.frozen)
    network.bfloat16 = recipe.bfloat16
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).train()
    trained = [p for p in network.parameters() if p.requires_grad]
    heads = [*network.tokens.parameters(), *network.text.parameters(), network.likeness]
    body = [p for p in trained if not any(p is head for head in heads)]
    optimizer = torch.optim.AdamW(
        [{"params": body, "scale": 1.0}, {"params": heads, "scale": HEAD_RATE}],
        lr=recipe.rate,
        weight_decay=0.01,
    )
    first, drawn, spent = 0, 0, 0.0
    if saved.exists():
        state = torch.load(saved, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        first, drawn, spent = state["step"], state["drawn"], state["spent"]
    stream = groups(collection, recipe, schedule.seed, weights.parent, drawn)
    group = next(stream)
    began = time.monotonic() - spent
    running: dict[str, float] = {}
    for step in count(first):
        clock = (time.monotonic() - began) / 60 / schedule.minutes if schedule.minutes else 0.0
        done = max(step / schedule.steps, clock)
        if done >= 1:
            break
        for options in optimizer.param_groups:
            options["lr"] = (
                options["scale"]
                * recipe.rate
                * min(done / schedule.warmup, (1 - done) / (1 - schedule.warmup))
                + 1e-7
            )
        batch = []
        for _ in range(schedule.groups):
            batch.append([encode(tokenizer, e) for e in group])
            group = stream.send(done)
            drawn += 1
        loss, parts = _loss(network, batch, recipe)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running = {
            name: 0.98 * running.get(name, part) + 0.02 * part for name, part in parts.items()
        }
        if step % 10 == 0:
            tokens = sum(len(e.ids) for g in batch for e in g)
            line = " ".join(f"{name} {part:.3f}" for name, part in running.items())
            with (out / "log.txt").open("a") as log:
                log.write(
                    f"{step} {time.monotonic() - began:.0f}s done {done:.3f} {line}"
                    f" tokens {tokens}\n"
                )
        if step % schedule.checkpoint_every == schedule.checkpoint_every - 1:
            _save(saved, network, optimizer, step + 1, drawn, time.monotonic() - began, recipe)
    _save(saved, network, optimizer, step, drawn, time.monotonic() - began, recipe)
    network.bfloat16 = False
    return network.eval()


def _save(
    path: Path, network: Any, optimizer: Any, step: int, drawn: int, spent: float, recipe: Recipe
) -> None:
    import torch

    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    state |= {"step": step, "drawn": drawn, "spent": spent, "recipe": asdict(recipe)}
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
