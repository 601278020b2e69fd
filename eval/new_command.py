"""`python -m eval new`: questions made from articles by program."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from embeddings.errors import AssistantError
from eval.proposing import propose
from eval.tables import counted
from eval.writing import lines_of, write_questions

__all__ = ["new"]

FAILED = 2


def new(
    articles: Annotated[Path, typer.Option(help="Folder of the articles.")],
    count: Annotated[int, typer.Option(min=1, help="Questions at most.")] = 50,
    seed: Annotated[int, typer.Option(help="Another one chooses others.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="New question file. Default: printed.", show_default=False),
    ] = None,
) -> None:
    """Make questions from articles: a start for a set of your own, marked as synthetic.

    English only. A sentence with one short answer (a date, number or name) becomes a question:
    turned around where that is safe, else quoted with a gap. At most one in five is a near miss: a
    year or a person was changed to one that no article names there, and a refusal is right. Each
    answer stands once in its article, each quote character for character; a sentence that another
    article has with another answer is left out. From many articles a sample is taken; all are
    searched.

    What they can tell: whether indexing, retrieval and proof work on your articles, and what a
    change breaks. What they cannot: how well people's questions are answered. They share their
    words with the text, which is easy for a search by words, and none needs two sentences. Read
    them, and put those that you keep in your own words.

    For instance:

      python -m eval new --articles my-articles/ --count 40 --out mine.jsonl

      python -m eval check mine.jsonl --articles my-articles/
    """
    try:
        rows = propose(articles, count, seed)
        if not rows:
            raise AssistantError(
                f"{articles}: no English sentence there has one clear short answer"
            )
        if out is None:
            typer.echo(lines_of(rows), nl=False)
            return
        write_questions(rows, out)
    except AssistantError as error:
        typer.echo(f"eval new: {error}", err=True)
        raise typer.Exit(FAILED) from error
    kinds = Counter(row["kind"] for row in rows)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    typer.echo(f"{counted(len(rows), 'question')} written to {out}: {told}")
    if len(rows) < count:
        typer.echo(f"No more than these are sound; {count} were asked for.")
    if not kinds["unanswerable"]:
        typer.echo("No near miss could be made: write some questions that want a refusal.")
