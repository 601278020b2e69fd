"""`python -m eval check`: what is wrong with question files, before anything is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from embeddings.errors import AssistantError
from eval.articles import read_articles
from eval.linting import Finding, balance, file_of, lint, read_files, shared_articles
from eval.tables import counted, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.answers import Answer
    from eval.questions import Question

__all__ = ["check", "perhaps_stated"]

FOUND, FAILED = 1, 2
LIKELY = 0.5
"""Probability that a sentence answers, from which a person should read it."""


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Question files; several are splits.")
    ],
    articles: Annotated[
        Path | None,
        typer.Option(help="Folder of their articles. Default: no quote is looked up.",
                     show_default=False),
    ] = None,
    split_by: Annotated[
        Literal["article"] | None,
        typer.Option(help="No two files may have questions about one article.",
                     show_default=False),
    ] = None,
    absent: Annotated[
        bool,
        typer.Option("--absent", help="Slow: ask the unanswerable ones, and show what may answer "
                     "them after all. Needs --articles."),
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="With --absent: where the index is kept. Default: eval/ in the data "
                     "folder.", show_default=False),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:  # fmt: skip
    """Check question files: quotes, facts, doubles, leaks between files, and the mixture.

    One line for each finding: `FILE:LINE id: error: what is wrong; what to do`. Errors: a line that
    is no question, an id or a question that comes twice, a quote that does not stand in its
    article, a fact that stands in no quote. Warnings: nearly the same question, evidence that
    another file rests on too, a question that holds its answer, one-sided mixtures.

    Whether a question is clear, and whether what is said to be unanswerable is stated nowhere, only
    reading can tell; --absent lists the sentences to read.

    Exit code: 0 no errors, 1 errors (with --strict: or warnings), 2 nothing was checked.

    For instance, two splits at once, so that leaks between them are seen:

      python -m eval check eval/questions/development.jsonl eval/questions/heldout.jsonl
      --articles seeds
    """
    from rich.console import Console

    try:
        questions, wrong = read_files(files)
        if not questions and not wrong:
            raise AssistantError(f"no questions in {', '.join(map(str, files))}")
        known = None if articles is None else read_articles(articles)
        findings = [*wrong, *lint(questions, known)]
        if split_by:
            findings += shared_articles(questions)
        if absent:
            if articles is None:
                raise AssistantError("--absent asks the articles; name them with --articles")
            findings += _stated(questions, articles, data_dir)
    except AssistantError as error:
        typer.echo(f"eval check: {error}", err=True)
        raise typer.Exit(FAILED) from error
    for finding in sorted(findings, key=lambda finding: finding.place):
        typer.echo(str(finding))
    names = [Path(file).name for file in dict.fromkeys(map(file_of, questions))]
    if questions:
        Console().print(table_of("Questions by kind", ["kind", *names], balance(questions)))
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    told = ((len(questions), "question"), (errors, "error"), (warnings, "warning"))
    typer.echo(", ".join(counted(count, thing) for count, thing in told))
    if articles is None:
        typer.echo("No quote was looked up; name the articles' folder with --articles.")
    if errors or (strict and warnings):
        raise typer.Exit(FOUND)


def _stated(
    questions: Sequence[Question], articles: Path, data_dir: Path | None
) -> Iterator[Finding]:
    from rich.console import Console
    from rich.progress import track

    from assistant import Assistant
    from eval.evaluation import own_data_dir

    asked = [question for question in questions if not question.answerable]
    with Assistant.open(articles, data_dir=own_data_dir(data_dir)) as assistant:
        console = Console(stderr=True)
        for question in track(asked, "Asking", console=console, transient=True):
            history = [{"role": turn.role, "content": turn.content} for turn in question.history]
            answer = assistant.ask(question.question, history, explain=True, llm=False)
            yield from perhaps_stated(question, answer)


def perhaps_stated(question: Question, answer: Answer) -> Iterator[Finding]:
    """The sentence that most likely answers a question which nothing should, if any may."""
    parts = answer.explanation.parts if answer.explanation else ()
    sentences = [sentence for part in parts for sentence in part.sentences]
    best = max(sentences, key=lambda sentence: sentence.probability, default=None)
    if best is None or (best.probability < LIKELY and not answer.answered):
        return
    yield Finding(
        question.origin,
        f"said to be unanswerable, but {best.article_id} may answer it ({best.probability:.2f}): "
        f"“{' '.join(best.text.split())}”; read it, and mend the question if it does",
        "warning",
        question.id,
    )
