"""`python -m eval bench FOLDER`: retrieval on a public benchmark, stage by stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embeddings.errors import AssistantError
from eval.answering_report import measure_answers
from eval.beir import load_benchmark
from eval.bench import opened, rank, score
from eval.bench_report import BenchReport
from eval.follow_up_report import measure_follow_ups
from eval.follow_ups import holds_follow_ups, load_follow_ups
from eval.published import load_published
from eval.report import ReportError, wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    from embeddings.encoder import Encoder
    from eval.answering_report import AnswersReport
    from eval.beir import Benchmark
    from eval.follow_up_report import FollowUpReport

__all__ = ["bench", "measure"]

DEPTHS = (5, 10, 100)
TEXTS_AT_ONCE = 256
"""Passages that are encoded between two steps of the progress bar."""
FAILED = 2


def bench(
    folder: Annotated[
        Path, typer.Argument(help="Folder with corpus.jsonl, queries.jsonl and qrels/<split>.tsv.")
    ],
    split: Annotated[
        str | None,
        typer.Option(help="Which qrels. Default: the only one, else test, dev or train.",
                     show_default=False),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Ask a sample of this many queries, the same every time.",
                     show_default=False),
    ] = None,
    k: Annotated[
        list[int] | None,
        typer.Option(min=1, max=1000, help="Depth of a recall; may be given more than once. "
                     "Default: 5, 10 and 100.", show_default=False),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where the index is kept. Default: in the assistant's data folder.",
                     show_default=False),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="File for all figures, those of each query too.",
                     show_default=False),
    ] = None,
    reader: Annotated[
        bool, typer.Option("--reader/--no-reader", help="Let the reader rank the documents too.")
    ] = True,
    answers: Annotated[
        bool,
        typer.Option("--answers/--no-answers",
                     help="Ask for answers too, where queries.jsonl states them."),
    ] = True,
) -> None:  # fmt: skip
    """Measure retrieval on a folder in BEIR layout: words, vectors, both, and the reader on top.

    The folder is indexed once: a second run encodes no document, and all but latency is the same.
    Published figures stand beside them where eval/published.toml has some for a folder so named.
    Where queries.jsonl says which questions its documents answer, and how, each is asked of the
    assistant as well: answers, refusals and the confidence are measured (docs/refusal.md).

    A folder with a rows.jsonl instead holds follow-ups with human rewrites: what is found by our
    stand-alone questions is measured against what is found by theirs. --split dev or test then
    takes half of the conversations; --k and --reader change nothing.

    Exit code: 0 measured, 2 not measured (a file, a folder or an option is wrong).

    For instance:

      python -m eval bench datasets/scifact --limit 200
    """
    from rich.console import Console

    try:
        if holds_follow_ups(folder):
            return _bench_follow_ups(folder, split, limit, data_dir, json_file)
        benchmark = load_benchmark(folder, split, limit)
        published = load_published(benchmark.name)
        data, encoder = _encoder(data_dir)
        report = measure(
            benchmark, data, encoder, k or DEPTHS, Console(stderr=True), reader=reader
        ).beside(published)
        answered = (
            measure_answers(folder, split, limit, data, encoder, Console(stderr=True))
            if answers
            else None
        )
        told = {} if answered is None else {"answers": answered.to_dict()}
        _tell((report, answered), report.to_dict() | told, json_file)
    except AssistantError as error:
        typer.echo(f"eval bench: {error}", err=True)
        raise typer.Exit(FAILED) from error


def measure(
    benchmark: Benchmark,
    data_dir: Path,
    encoder: Encoder,
    depths: Sequence[int],
    console: Console,
    *,
    reader: bool = True,
) -> BenchReport:
    """Index the benchmark unless it is, ask it, and score it; progress goes to `console`."""
    from rich.progress import track

    shown = _Shown(encoder, console)
    with opened(benchmark, data_dir, shown, shown.name) as (corpus, index):
        rankings = rank(benchmark, corpus, index, encoder, max(depths), reader=reader)
        total = len(benchmark.queries)
        done = list(track(rankings, "Asking", total=total, console=console, transient=True))
    return BenchReport(benchmark, score(benchmark, done, depths), encoder.fingerprint)


def _bench_follow_ups(
    folder: Path, split: str | None, limit: int | None, data_dir: Path | None, file: Path | None
) -> None:
    """`bench` for a folder of follow-ups."""
    from rich.console import Console

    follow_ups = load_follow_ups(folder, split, limit)
    data, encoder = _encoder(data_dir)
    shown = _Shown(encoder, Console(stderr=True))
    report = measure_follow_ups(follow_ups, data, shown, shown.name)
    _tell((report,), report.to_dict(), file)


def _tell(
    parts: Sequence[BenchReport | AnswersReport | FollowUpReport | None],
    document: dict[str, Any],
    file: Path | None,
) -> None:
    """Show what was measured, then write it: what cannot be written is not lost."""
    from rich.console import Console

    console = wide(Console())
    for part in parts:
        if part is None:
            continue
        for table in part.tables():
            console.print(table)
        for note in part.notes():
            console.print(note, markup=False, highlight=False, soft_wrap=True)
    if file:
        _write(document, file)
        typer.echo(f"Written to {file}")


class _Shown:
    """An encoder that shows how far it is with what it was given."""

    def __init__(self, encoder: Encoder, console: Console) -> None:
        self._encoder = encoder
        self._console = console
        self._what = "documents"
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension

    def name(self, what: str) -> None:
        """Say what will be encoded next."""
        self._what = what

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the encoder does, a portion at a time; float32 (n, dimension)."""
        import numpy as np
        from rich.progress import track

        portions = [texts[n : n + TEXTS_AT_ONCE] for n in range(0, len(texts), TEXTS_AT_ONCE)]
        what = f"Encoding {self._what}"
        shown = track(portions, what, console=self._console, transient=True)
        return np.concatenate([self._encoder.encode(portion) for portion in shown])


def _encoder(data_dir: Path | None) -> tuple[Path, Encoder]:
    """The data folder and the encoder that the assistant would take."""
    from assistant.settings import Settings
    from embeddings.encoder import load_encoder

    settings = Settings(data_dir=data_dir)
    data = settings.resolved_data_dir()
    return data, load_encoder(settings.encoder, data, settings.threads)


def _write(document: dict[str, Any], path: Path) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}; try --json") from error
