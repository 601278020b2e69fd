"""Our exact match and F1 beside a port of SQuAD's official script, on the public questions.

    python -m benchmarks.squad_metrics FOLDER

FOLDER holds the public sets. Each answer is a gold answer cut, joined or kept as it is, of the
question or of the one before; the reference is torchmetrics' port of SQuAD's script, in 64 bits. It
is no dependency of Footnote: `pip install --no-deps torchmetrics==1.9.0 lightning-utilities`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from embeddings.training.examples import load_collection
from eval.metrics import exact_match, token_f1

WITHIN = 1e-9


def main() -> None:
    """Print how many were compared and how far apart they are; exit code 1 beyond `WITHIN`."""
    import torch

    reference = import_module("torchmetrics.functional.text.squad")

    torch.set_default_dtype(torch.float64)
    compute_exact, compute_f1 = (
        reference._compute_exact_match_score,
        reference._compute_f1_score,
    )
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m benchmarks.squad_metrics FOLDER")
    collection = load_collection(Path(sys.argv[1]), test=False, everything=True)
    asked = [q for q in collection.questions if q.source == "squad2" and q.answers]
    compared, furthest = 0, 0.0
    for before, question in pairwise(asked):
        gold = list(question.answers)
        # As evaluate-v2.0.py does: three gold answers are a full stop, and left out.
        stated = [one for one in gold if reference._normalize_text(one)]
        words = gold[0].split()
        for answer in (gold[-1], " ".join(words[1:]), f"the {gold[0]}, {before.answers[0]}"):
            theirs = [
                (float(compute_exact(answer, one)), float(compute_f1(answer, one)))
                for one in stated
            ]
            exact, f1 = (max(values) for values in zip(*theirs, strict=True))
            furthest = max(
                furthest, abs(exact_match(answer, gold) - exact), abs(token_f1(answer, gold) - f1)
            )
            compared += 1
    print(f"{compared:,} answers to {len(asked):,} questions: at most {furthest:.1e} apart")
    if furthest > WITHIN:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
