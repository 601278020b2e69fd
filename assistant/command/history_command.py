"""`assistant history`: the conversations of the chat, on the command line."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assistant.command import terminal
from embeddings.errors import CorpusError

if TYPE_CHECKING:
    from assistant.chat.history.store import Conversation, History

__all__ = ["history"]

history = typer.Typer(
    help="List, show, export and delete the conversations of the chat.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `assistant history list` shows it.")]
User = Annotated[
    str, typer.Option("--user", metavar="NAME", help="Whose; without a login it is `local`.")
]
DataDir = Annotated[
    str | None, typer.Option("--data-dir", metavar="FOLDER", help="Where the index is kept.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
LOCAL = "local"


@history.callback()
def _help(context: typer.Context) -> None:
    """Show the help where nothing is asked for, as `assistant` does."""
    if context.invoked_subcommand is None:
        terminal.say(context.get_help())


@history.command("list")
def list_conversations(
    search: Annotated[
        str, typer.Option("--search", metavar="WORDS", help="Only those that hold every word.")
    ] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="How many to show.")] = 20,
    user: User = LOCAL,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List them, the last used first.

    \b
    Example:
      assistant history list --search "Ningde mayor"
    """
    found: list[Conversation] = []
    cursor = None
    with _opened(data_dir) as kept:
        while len(found) < most:
            page = kept.page(user, most - len(found), cursor, search=search)
            found += page.conversations
            cursor = page.cursor
            if cursor is None:
                break
    if as_json:
        rows = [{"id": c.id, "updated": c.updated, "name": c.name} for c in found]
        terminal.say_json({"conversations": rows})
        return
    for each in found:
        terminal.say(f"{each.id}  {each.updated[:16]}  {terminal.safe(each.name)}")
    if not found:
        terminal.note("no conversation is kept here")


@history.command()
def show(conversation_id: Id, user: User = LOCAL, data_dir: DataDir = None) -> None:
    """Print one as text, with its sources.

    \b
    Example:
      assistant history show 0b2f9c1e-…
    """
    from assistant.answers import Answer

    for exchange in _conversation(conversation_id, user, data_dir).exchanges:
        terminal.say(f"> {terminal.safe(exchange.question)}\n")
        if exchange.answer is not None:
            terminal.say_answer(Answer.from_dict(exchange.answer))
        if exchange.told or exchange.answer is None:
            # Markdown, in which all that is no structure is a character reference.
            told = html.unescape(exchange.told.replace("**", ""))
            terminal.say(terminal.safe(told or "No answer."))
        terminal.say("")


@history.command()
def export(
    conversation_id: Id,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", help="With footnotes, or as JSON.")
    ] = "markdown",
    user: User = LOCAL,
    data_dir: DataDir = None,
) -> None:
    """Print one as Markdown with footnotes, or as JSON.

    \b
    Example:
      assistant history export 0b2f9c1e-… > conversation.md
    """
    from assistant.chat.history.exporting import conversation_json, conversation_markdown

    found = _conversation(conversation_id, user, data_dir)
    if form == "json":
        terminal.say_json(conversation_json(found))
    else:
        for line in conversation_markdown(found).splitlines():
            terminal.say(terminal.safe(line))


@history.command()
def delete(conversation_id: Id, user: User = LOCAL, data_dir: DataDir = None) -> None:
    """Delete one, from the disk too.

    \b
    Example:
      assistant history delete 0b2f9c1e-…
    """
    from assistant.chat.library.uploads import delete_private

    with _opened(data_dir) as kept:
        if not kept.delete(user, conversation_id):
            raise _none(conversation_id)
        delete_private(kept.path.parent, conversation_id)
    terminal.say(f"Deleted {terminal.safe(conversation_id)}.")


def _conversation(conversation_id: str, user: str, data_dir: str | None) -> Conversation:
    with _opened(data_dir) as kept:
        found = kept.conversation(user, conversation_id)
    if found is None:
        raise _none(conversation_id)
    return found


def _opened(data_dir: str | None) -> History:
    """The conversations; asking for them makes no file where there is none."""
    from assistant.chat.history.store import FILE_NAME, History
    from assistant.settings import Settings

    path = Settings(data_dir=data_dir).resolved_data_dir() / FILE_NAME
    if not path.exists():
        raise CorpusError(f"no conversation is kept in {path.parent}; name another --data-dir")
    return History(path)


def _none(conversation_id: str) -> CorpusError:
    return CorpusError(
        f"there is no conversation {conversation_id!r} of this user; see: assistant history list"
    )
