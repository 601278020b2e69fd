"""`python -m eval inbox`: review what was disliked in the chat, and keep it as questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embeddings.errors import AssistantError
from eval.inbox import Candidate, InboxError, append, candidates, question_row, unanswerable_row

if TYPE_CHECKING:
    from assistant.chat.history.store import History
    from embeddings.records import Article

__all__ = ["inbox"]

INBOX = Path(__file__).parent / "questions" / "inbox.jsonl"
FAILED = 2


def inbox(
    show: Annotated[bool, typer.Option("--list", help="Only list the candidates.")] = False,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="ID", help="Keep this one as a question.")
    ] = None,
    discard: Annotated[
        str | None, typer.Option("--discard", metavar="ID", help="Drop this one.")
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(help="With --accept: what a right answer says; `a|b` takes either."),
    ] = None,
    quote: Annotated[
        list[str] | None,
        typer.Option(help="With --accept: words of an article that state it, exactly."),
    ] = None,
    unanswerable: Annotated[
        str | None,
        typer.Option(metavar="WHY", help="With --accept: the articles do not answer it."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="With --accept: its kind; fact, or follow_up.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Question file.", show_default="eval/questions/inbox.jsonl")
    ] = INBOX,
    articles: Annotated[
        list[Path] | None, typer.Option(help="Folder of the articles; default: as last indexed.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the chat keeps its conversations.")
    ] = None,
) -> None:
    """Review the answers that were disliked in the chat, one after the other.

    Each accepted one is appended to a question file, which `python -m eval --questions` asks. An
    id may be shortened to what makes it the only one.

    For instance, without questions asked:

      python -m eval inbox --list

      python -m eval inbox --accept 3f2a --fact "40 metres|40 m" --quote "The bridge is 40 metres"
    """
    try:
        with _history(data_dir) as kept:
            found = candidates(kept)
            if show:
                _list(found)
            elif accept is not None:
                one = _one(found, accept)
                _accept(kept, one, fact, quote, unanswerable, kind, out, articles, data_dir)
            elif discard is not None:
                kept.review(_one(found, discard).id, "discarded")
                typer.echo("Discarded.")
            else:
                _review(kept, found, out, articles, data_dir)
    except AssistantError as error:
        typer.echo(f"eval: {error}", err=True)
        raise typer.Exit(FAILED) from error


def _history(data_dir: Path | None) -> History:
    from assistant.chat.history.store import FILE_NAME, History
    from assistant.settings import Settings

    path = Settings(data_dir=data_dir).resolved_data_dir() / FILE_NAME
    if not path.exists():
        raise InboxError(f"no conversation is kept in {path.parent}; name another --data-dir")
    return History(path)


def _articles(folders: list[Path] | None, data_dir: Path | None) -> tuple[Article, ...]:
    """Every article, as the assistant has it."""
    from assistant import Assistant
    from assistant.command.selection import remembered
    from assistant.settings import Settings

    chosen = folders or remembered(Settings(data_dir=data_dir).resolved_data_dir())
    with Assistant.open(chosen or None, data_dir=data_dir) as assistant:
        return assistant.articles()


def _one(found: tuple[Candidate, ...], given: str) -> Candidate:
    named = [candidate for candidate in found if candidate.id.startswith(given)]
    if len(named) != 1:
        problem = "names several candidates" if named else "names no candidate"
        raise InboxError(f"{given!r} {problem}; see: python -m eval inbox --list")
    return named[0]


def _list(found: tuple[Candidate, ...]) -> None:
    for candidate in found:
        _show(candidate)
    if not found:
        typer.echo("Nothing to review.", err=True)


def _show(candidate: Candidate) -> None:
    from assistant.command.terminal import safe

    typer.echo(f"{candidate.id}  {candidate.given[:10]}")
    rows = [("asked", candidate.question)]
    if candidate.standalone_question != candidate.question:
        rows.append(("understood as", candidate.standalone_question))
    rows.append(("refused" if candidate.refused else "answered", candidate.answer))
    rows.append(("reason", candidate.reason or "none given"))
    for label, text in rows:
        typer.echo(f"  {label}: {safe(text)}")


def _accept(
    kept: History,
    candidate: Candidate,
    facts: list[str] | None,
    quotes: list[str] | None,
    why: str | None,
    kind: str | None,
    out: Path,
    folders: list[Path] | None,
    data_dir: Path | None,
) -> None:
    if why is not None:
        if facts or quotes:
            raise InboxError("--unanswerable goes without --fact and --quote")
        row = unanswerable_row(candidate, why)
    else:
        known = _articles(folders, data_dir)
        row = question_row(candidate, facts or [], quotes or [], known, kind)
    append(row, out)
    kept.review(candidate.id, "accepted")
    typer.echo(f"{row['id']} is in {out}.")


def _review(
    kept: History,
    found: tuple[Candidate, ...],
    out: Path,
    folders: list[Path] | None,
    data_dir: Path | None,
) -> None:
    """Ask about each candidate; what cannot be kept is said, and asked again."""
    for candidate in found:
        _show(candidate)
        while True:
            choice = typer.prompt("[a]ccept, [u]nanswerable, [s]kip, [d]iscard, [q]uit").strip()
            try:
                if choice == "a":
                    facts, quotes = _several("Fact"), _several("Quote")
                    _accept(kept, candidate, facts, quotes, None, None, out, folders, data_dir)
                elif choice == "u":
                    why = typer.prompt("Why do the articles not answer it?")
                    _accept(kept, candidate, None, None, why, None, out, folders, data_dir)
                elif choice == "d":
                    kept.review(candidate.id, "discarded")
                elif choice == "q":
                    return
                elif choice != "s":
                    continue
            except AssistantError as error:
                typer.echo(f"eval: {error}", err=True)
                continue
            break
    if not found:
        typer.echo("Nothing to review.", err=True)


def _several(label: str) -> list[str]:
    """Lines that are typed, up to an empty one."""
    lines = []
    while line := str(typer.prompt(f"{label} (empty: no more)", default="", show_default=False)):
        lines.append(line)
    return lines
