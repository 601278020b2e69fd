"""Train the encoder `fast`: half of MiniLM's layers, taught to give MiniLM's vectors.

    python -m embeddings.training.distil --benchmarks FOLDER --out layers.safetensors

The student has the teacher's word vectors, which stay as they are, and three of its six layers
(TinyBERT's way of beginning: Jiao et al., Findings of EMNLP 2020). For each text it is to give the
teacher's vector (cosine), and between the texts of a batch the teacher's similarities (relational
distillation: Park et al., CVPR 2019). No label is used: the texts are passages and questions of the
public collections that the reader learned from too, and the project's own news. It takes half an
hour on two cores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from embeddings.encoder import MINILM
from embeddings.export import load_sentence_transformer
from embeddings.splitting import split_sentences

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

__all__ = ["distil", "main", "student_of", "texts_of"]

LAYERS = (0, 2, 4)
"""The teacher's layers that the student begins with."""
COLLECTIONS = ("squad2", "clapnq", "ramdocs", "mtrag-un", "multihop-rag")
"""Folders in BEIR layout. SciFact is left out, so that it can judge the result."""
OWN = Path(__file__).parent
SENTENCES = (1, 1, 2, 4, 6)
"""How many sentences a passage has, drawn by chance."""
SHORTEST, LONGEST = 15, 1200
"""Characters of a text."""
BATCH, POOL = 64, 6400
"""Texts of a batch; of a pool that is sorted by length, so that a batch has little padding."""
RATE, WARM_UP, LEAST_RATE = 4e-4, 100, 0.02
"""Highest learning rate, steps to it, and the share of it that is left at the end."""
SIMILARITIES = 2.0
"""Weight of the similarities beside the vectors."""
KEPT = 400
"""Texts that are not trained on, to tell how near the student came."""
SEED = 5
BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""Instructions that multiply numbers of 16 bits, as torch names them: Intel's and AMD's, ARM's."""


def texts_of(benchmarks: Path, random: Random) -> list[str]:
    """What is trained on: passages of one to six sentences, titles and questions."""
    texts: set[str] = set()
    for row in _rows(OWN / "news.jsonl"):
        texts.update((row["title"], *_passages(row["text"], random)))
    for row in _rows(OWN / "questions.jsonl"):
        texts.add(row.get("question") or row.get("text") or "")
    for name in COLLECTIONS:
        for row in _rows(benchmarks / name / "corpus.jsonl"):
            texts.update(_passages(row["text"], random))
        texts.update(row["text"] for row in _rows(benchmarks / name / "queries.jsonl"))
    chosen = sorted(text for text in texts if len(text) > SHORTEST)
    random.shuffle(chosen)
    return chosen


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _passages(text: str, random: Random) -> Iterator[str]:
    spans, first = split_sentences(text), 0
    while first < len(spans):
        last = min(len(spans), first + random.choice(SENTENCES)) - 1
        yield text[spans[first][0] : spans[last][1]][:LONGEST]
        first = last + 1


def student_of(layers: Sequence[int] = LAYERS) -> SentenceTransformer:
    """MiniLM with only some of its layers; without dropout, its word vectors fixed."""
    import torch

    student = load_sentence_transformer(MINILM)
    bert: Any = student[0].auto_model
    bert.encoder.layer = torch.nn.ModuleList([bert.encoder.layer[n] for n in layers])
    bert.config.num_hidden_layers = len(layers)
    bert.embeddings.word_embeddings.requires_grad_(False)
    for module in student.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return student


def distil(texts: Sequence[str], steps: int, *, kept: int = KEPT) -> tuple[Any, float]:
    """The trained student's BERT, and its mean cosine with the teacher on `kept` of the texts."""
    import torch

    torch.manual_seed(SEED)
    teacher, student = load_sentence_transformer(MINILM), student_of()
    with _half():
        vectors = teacher.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, convert_to_tensor=True
        ).float()
    student.train()
    learned = [p for p in student.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=RATE, weight_decay=0.01)
    for step, batch in enumerate(_batches(texts, range(kept, len(texts)), steps, Random(SEED))):
        for group in optimiser.param_groups:
            share = max(LEAST_RATE, 1 - step / steps)
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * share
        given, wanted = _embedded(student, [texts[n] for n in batch]), vectors[batch]
        apart = (1 - (given * wanted).sum(1)).mean()
        loss = apart + SIMILARITIES * ((given @ given.T - wanted @ wanted.T) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        if step % 200 == 0:
            print(f"step {step} of {steps}: loss {loss.item():.4f}", flush=True)
    student.eval()
    with torch.no_grad():
        pieces = [_embedded(student, texts[n : n + BATCH]) for n in range(0, kept, BATCH)]
    cosine = float((torch.cat(pieces)[:kept] * vectors[:kept]).sum(1).mean())
    return student[0].auto_model, cosine


def _half() -> Any:
    """Numbers of 16 bits where the processor multiplies them: twice as fast there.

    A processor that only imitates them takes many times as long as in full.
    """
    import torch

    # A torch of before this function cannot tell: then in full, which is never the very slow way.
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    multiplies = any(able.get(name) for name in BFLOAT16)
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=multiplies)


def _embedded(model: SentenceTransformer, texts: Sequence[str]) -> torch.Tensor:
    import torch

    with _half():
        vectors = model(model.preprocess(list(texts)))["sentence_embedding"]
    return torch.nn.functional.normalize(vectors.float(), dim=1)


def _batches(
    texts: Sequence[str], numbers: Sequence[int], steps: int, random: Random
) -> Iterator[list[int]]:
    """So many batches, each of texts about as long; every text once before any comes again."""
    while True:
        order = random.sample(numbers, len(numbers))
        pools = [
            sorted(order[n : n + POOL], key=lambda number: len(texts[number]))
            for n in range(0, len(order), POOL)
        ]
        batches = [pool[n : n + BATCH] for pool in pools for n in range(0, len(pool), BATCH)]
        random.shuffle(batches)
        for batch in batches:
            if steps == 0:
                return
            steps -= 1
            yield batch


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and write what differs from MiniLM: all but the word vectors, in 16 bits."""
    parser = argparse.ArgumentParser(
        prog="python -m embeddings.training.distil", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--benchmarks", type=Path, required=True, help="folder of the public data")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    parser.add_argument("--steps", type=int, default=2_400)
    options = parser.parse_args(arguments)
    from safetensors.torch import save_file

    texts = texts_of(options.benchmarks, Random(SEED))
    print(f"{len(texts)} texts", flush=True)
    bert, cosine = distil(texts, options.steps)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(learned_weights(bert), options.out)
    print(f"cosine with the teacher on {KEPT} texts not trained on: {cosine:.4f}")
    return 0


def learned_weights(bert: Any) -> dict[str, torch.Tensor]:
    """The student's weights; not the teacher's word vectors, nor the pooler, which is not used."""
    return {
        name: tensor.detach().half().contiguous()
        for name, tensor in bert.state_dict().items()
        if "word_embeddings" not in name and not name.startswith("pooler")
    }


if __name__ == "__main__":
    raise SystemExit(main())
