"""`python -m eval export` and `import`: questions in the formats of other programs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from embeddings.errors import AssistantError
from eval.articles import read_articles
from eval.formats import Exported, FormatError, Imported, beir, promptfoo, ragas, squad
from eval.formats.documents import as_read, filed, loadable, standing
from eval.questions import load
from eval.writing import check_new, write_files, write_questions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.formats import LeftOut

__all__ = ["export_questions", "import_questions"]

Format = Literal["beir", "squad", "ragas", "promptfoo"]

FAILED = 2
SHOWN_IDS = 5


def export_questions(
    to: Annotated[Format, typer.Argument(metavar="FORMAT", help="Whose format.")],
    questions: Annotated[
        list[Path], typer.Option(help="Question file; may be given more than once.")
    ],
    articles: Annotated[Path, typer.Option(help="Folder of their articles.")],
    out: Annotated[Path, typer.Option(help="Folder for what is written; no file is replaced.")],
    run: Annotated[
        Path | None,
        typer.Option(help="ragas: a run's folder; its answers and what was retrieved for them "
                     "are exported too.", show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Write questions in another program's FORMAT: beir, squad, ragas or promptfoo.

    beir: corpus.jsonl, queries.jsonl, qrels/test.tsv. squad: squad.json, version 2.0. ragas:
    ragas.jsonl, for EvaluationDataset.from_jsonl. promptfoo: promptfooconfig.yaml, tests.yaml and a
    provider that asks Footnote. What a format cannot hold is counted, with the reason:
    docs/questions.md has the table.

    For instance:

      python -m eval export squad --questions mine.jsonl --articles my-articles/ --out squad/

      python -m eval export ragas --questions mine.jsonl --articles my-articles/ --run
      eval/runs/own --out ragas/
    """
    try:
        asked = load(questions)
        if run is not None and to != "ragas":
            raise FormatError(f"--run is for ragas; {to} holds questions, not answers")
        known = read_articles(articles)
        missing = [
            place.article_id
            for question in asked
            for evidence in question.evidence
            for place in evidence.places
            if place.article_id not in known
        ]
        if missing:
            raise FormatError(f"{articles}: has no article {missing[0]!r}, which questions name; "
                              "name their folder with --articles")  # fmt: skip
        if to == "beir":
            made: Exported = beir.exported(asked, known)
        elif to == "squad":
            made = squad.exported(asked, known)
        elif to == "ragas":
            made = ragas.exported(asked, known, None if run is None else ragas.read_run(run))
        else:
            made = promptfoo.exported(asked, articles.resolve())
        write_files({out / name: text for name, text in made.files.items()})
    except AssistantError as error:
        typer.echo(f"eval export: {error}", err=True)
        raise typer.Exit(FAILED) from error
    typer.echo(f"{len(asked) - len(made.left_out)} of {len(asked)} questions written to {out}: "
               f"{', '.join(made.files)}")  # fmt: skip
    _tell(made.left_out)


def import_questions(
    of: Annotated[Format, typer.Argument(metavar="FORMAT", help="Whose format.")],
    source: Annotated[Path, typer.Argument(help="beir: a folder; else the file.")],
    out: Annotated[Path, typer.Option(help="New question file.")],
    articles: Annotated[
        Path | None,
        typer.Option(help="Folder of the articles that the questions are about. Needed for ragas "
                     "and promptfoo, which have none.", show_default=False),
    ] = None,
    articles_out: Annotated[
        Path | None,
        typer.Option(help="beir and squad: folder to write their documents to, as articles.",
                     show_default=False),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="beir: which qrels.", show_default=False)
    ] = None,
    var: Annotated[str, typer.Option(help="promptfoo: the var that is asked.")] = "question",
) -> None:  # fmt: skip
    """Make a question file of another program's FORMAT: beir, squad, ragas or promptfoo.

    A question is taken when its answer stands in an article word for word, so that it can be
    judged without a model; the others are counted, with the reason. Kinds are guessed from answers.

    For instance:

      python -m eval import squad dev.json --out squad.jsonl --articles-out squad-articles/

      python -m eval --questions squad.jsonl --articles squad-articles/ --no-gate
    """
    try:
        made = loadable(_read(of, source, articles, split, var))
        files: dict[str, str] = {}
        if articles is not None:
            made = standing(made, {a.id: a.text for a in read_articles(articles).values()})
        elif articles_out is not None:
            made, files = filed(made)
            made = standing(made, as_read(files))
        else:
            raise FormatError(f"{of} has documents of its own; --articles-out FOLDER writes them, "
                              "--articles FOLDER takes those that are there")  # fmt: skip
        if not made.rows:
            raise FormatError(f"{source}: no question can be taken: {_reasons(made.left_out)}")
        texts = {} if articles_out is None else {articles_out / n: t for n, t in files.items()}
        check_new([out, *texts])
        write_questions(made.rows, out)
        write_files(texts)
    except AssistantError as error:
        typer.echo(f"eval import: {error}", err=True)
        raise typer.Exit(FAILED) from error
    typer.echo(
        f"{len(made.rows)} of {len(made.rows) + len(made.left_out)} questions written to {out}"
    )
    if files:
        typer.echo(f"{len(files)} articles written to {articles_out}")
    _tell(made.left_out)


def _read(of: Format, source: Path, articles: Path | None, split: str | None, var: str) -> Imported:
    if of == "beir":
        return beir.imported(source, split)
    if of == "squad":
        return squad.imported(source)
    if articles is None:
        raise FormatError(f"{of} has no articles; name the folder of them with --articles")
    known = read_articles(articles)
    return (
        ragas.imported(source, known) if of == "ragas" else promptfoo.imported(source, known, var)
    )


def _tell(left_out: Sequence[LeftOut]) -> None:
    """One line for each reason why questions were left out."""
    by_reason: dict[str, list[str]] = {}
    for one in left_out:
        by_reason.setdefault(one.reason, []).append(one.id)
    for reason, ids in by_reason.items():
        more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
        typer.echo(f"Left out, {reason}: {', '.join(ids[:SHOWN_IDS])}{more}")


def _reasons(left_out: Sequence[LeftOut]) -> str:
    counts = Counter(one.reason for one in left_out)
    return "; ".join(reason for reason, _ in counts.most_common(2)) or "it has none"
