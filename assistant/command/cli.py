"""The `assistant` command: it parses, calls, prints, and turns every error into one line.

Only the result goes to stdout; progress, notes and errors go to stderr. What heavy work
needs is imported by the command that does it, so that `--help` is instant.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from assistant.command import terminal
from assistant.command.history_command import history
from embeddings.errors import (
    AssistantError,
    CorpusError,
    QuestionError,
    ReadError,
    SettingsError,
)

if TYPE_CHECKING:
    from threading import Event

    from assistant.service import Assistant
    from assistant.settings import Settings

__all__ = ["app", "main"]

DONE, CHECK_FAILED, WRONG_USAGE, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
STDIN = "-"
MOST_NAMED = 8
MOST_STDIN_CHARACTERS = 1_000_000
"""Far more than a question or a saved answer holds; a longer input is refused, not read."""
AGAIN_SECONDS = 5.0
"""After which `--watch` tries again where the data folder could not be written."""

HELP = """Ask a folder of articles; every sentence of the answer is cited and proven.

Nothing leaves this machine: no key, no account, no network. Unless you name a language model
with FOOTNOTE_LLM_URL and FOOTNOTE_LLM_MODEL; then it writes, and every sentence is checked.

\b
Examples:
  assistant ask "How many vehicles did SAIC Ningde produce?"
  assistant ask "Which projects did the mayor visit?" --articles my-articles/
  assistant index my-articles/          # from now on, ask these
  assistant ask "…" --json > answer.json
  assistant verify answer.json          # are the citations still true?
  assistant doctor                      # is all as it was stored?
  assistant chat --open                 # ask in the browser

With no folder named, the one last indexed is asked; before the first, the five articles that
come with Footnote. Settings also come from FOOTNOTE_ARTICLES, FOOTNOTE_DATA_DIR,
FOOTNOTE_ENCODER and FOOTNOTE_THREADS, or from footnote.toml in the current folder.

\b
Exit codes:
  0    done; an honest refusal is an answer
  1    a check failed (verify, doctor)
  2    wrong usage
  3    an error, said in one line
  130  interrupted
"""

app = typer.Typer(
    name="assistant",
    help=HELP,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

# Paths are text here: `Path("")` would be the current folder, and nobody could tell.
Articles = Annotated[
    list[str] | None,
    typer.Option(
        "--articles", "-a", metavar="FOLDER", help="Folder of articles; repeat for several."
    ),
]
DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="FOLDER", help="Where the index is kept."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print Markdown with footnotes instead of text.")
]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and exit with its code; never with a traceback, unless `--debug`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    terminal.prepare()
    code = _run(arguments or ["--help"])
    try:
        terminal.finish()
    except AssistantError as error:
        terminal.error(str(error))
        code = FAILED
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    """Exit code of one command line."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("assistant", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except TyperException as error:
        terminal.error(terminal.wrong_usage(error, "assistant"))
        return WRONG_USAGE
    except AssistantError as error:
        terminal.error(str(error))
        return FAILED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return DONE
    except (KeyboardInterrupt, typer.Abort):
        terminal.note("interrupted")
        return INTERRUPTED
    except Exception as error:
        if "--debug" in arguments:
            raise
        terminal.error(
            f"{type(error).__name__}: {error}; this is a bug: run it again as "
            "`assistant --debug …` and report what it prints"
        )
        return FAILED
    return DONE


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        terminal.say(f"footnote {version('footnote')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
    ] = False,
) -> None:
    """What every command takes."""


@app.command()
def ask(
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question; - reads it from stdin.")
    ],
    articles: Articles = None,
    data_dir: DataDir = None,
    article: Annotated[
        list[str] | None,
        typer.Option("--article", metavar="ID", help="Ask only this article; repeat for several."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="PATH",
            help="Only what lies in this file or folder; may be repeated.",
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            "--language", metavar="TAG", help="Only articles in this language; may be repeated."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="DATE", help="Only articles of this day, month or year, or later."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="DATE", help="Only articles of this day, month or year, or earlier."
        ),
    ] = None,
    as_json: Json = False,
    as_markdown: Markdown = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also say what was found, and why this answer.")
    ] = False,
    no_llm: Annotated[
        bool, typer.Option("--no-llm", help="Ask no language model, if one is set.")
    ] = False,
    detailed: Annotated[
        bool,
        typer.Option("--detailed", help="Go on with what the articles say around the answer."),
    ] = False,
) -> None:
    """Answer a question, with its sources.

    \b
    Examples:
      assistant ask "What is the contract value of the projects Ningde signed?"
      assistant ask "Who is the mayor of Ningde?" --since 2023-07 --until 2023
      assistant ask "Who is the mayor of Nanjing?" --explain
      assistant ask "Who is the mayor of Ningde?" --markdown >> notes.md
      echo "Who is the mayor of Ningde?" | assistant ask - --json
    """
    from assistant.retrieval.filters import Filter

    question = _readable(_stdin() if question == STDIN else question)
    filters = Filter(tuple(article or ()), tuple(source or ()), tuple(language or ()), since, until)
    if as_json and as_markdown:
        raise typer.BadParameter("--json and --markdown exclude each other")
    with _opened(_settings(articles, data_dir)) as assistant:
        answer = assistant.ask(
            question, filters=filters, explain=explain, llm=not no_llm, detailed=detailed
        )
    if as_json:
        terminal.say_json(answer.to_dict())
    elif as_markdown:
        terminal.say_markdown(answer)
    else:
        terminal.say_answer(answer)


@app.command()
def index(
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER…", help="Folders to index.")],
    data_dir: DataDir = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and index what changes, until Ctrl-C.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Encode in N processes: of this machine, or of the Ray cluster at "
            "FOOTNOTE_RAY_ADDRESS.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Index folders, and ask them from now on.

    Only what is new or changed is read again. Name all the folders that belong together. Ctrl-C
    finishes the article in hand; the same command goes on from there.

    \b
    Examples:
      assistant index my-articles/
      assistant index my-articles/ --watch
      assistant index news/ reports/ --data-dir /srv/footnote
      assistant index archive/ --workers 8
    """
    from assistant.command.selection import remember

    settings = _settings(folders, data_dir, workers)
    with terminal.interruptible() as stop, _opened(settings, stop=stop.is_set) as assistant:
        remember(settings.resolved_data_dir(), settings.resolved_articles())
        _say_index(assistant, as_json=as_json)
        if watch and not assistant.report.interrupted:
            _watch(assistant, settings, stop, as_json=as_json)
        elif assistant.report.interrupted:
            raise typer.Exit(INTERRUPTED)


def _watch(assistant: Assistant, settings: Settings, stop: Event, *, as_json: bool) -> None:
    """Index again after every change. An error now may be none after the next change."""
    from embeddings.watching import changes

    terminal.note("watching for changes; Ctrl-C ends it")
    for _ in changes(settings.resolved_articles(), stop, settings.resolved_data_dir()):
        before: int | None = None
        problem = ""
        while not stop.is_set():
            try:
                before = assistant.generation if before is None else before
                with terminal.progress() as show:
                    assistant.refresh(show, stop=stop.is_set)
                changed = assistant.generation != before
            except ReadError as error:
                terminal.error(str(error))
                break
            except CorpusError as error:  # no change of the articles tells when it is over
                if str(error) != problem:
                    problem = str(error)
                    terminal.error(problem)
                stop.wait(AGAIN_SECONDS)
                continue
            if changed:
                _say_index(assistant, as_json=as_json)
            break


def _say_index(assistant: Assistant, *, as_json: bool) -> None:
    if as_json:
        terminal.say_json(terminal.report_json(assistant.report))
    else:
        terminal.say_report(assistant.report)
    sys.stdout.flush()


@app.command("list")
def list_articles(
    articles: Articles = None, data_dir: DataDir = None, as_json: Json = False
) -> None:
    """List the articles: id, title, date and length.

    \b
    Example:
      assistant list --json
    """
    with _opened(_settings(articles, data_dir)) as assistant:
        found = assistant.articles()
    if as_json:
        terminal.say_json(terminal.articles_json(found))
    else:
        terminal.say_articles(found)


@app.command()
def remove(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="As `assistant list` shows it.")],
    articles: Articles = None,
    data_dir: DataDir = None,
) -> None:
    """Take an article out of the index.

    From now on nothing is answered from it. Its file is left alone, and the article stays out
    until the file changes.

    \b
    Example:
      assistant remove 004_a9205e703483e647.txt
    """
    with _opened(_settings(articles, data_dir)) as assistant:
        assistant.remove(article_id)
    terminal.say(f"Removed {terminal.safe(article_id)}; it stays out until its file changes.")


@app.command()
def synonyms(articles: Articles = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Suggest lines for the synonyms file.

    Abbreviations that an article defines beside their long form, and that `.footnotesynonyms`
    does not have yet. Read them before you add them: equal names are equal in every article.

    \b
    Example:
      assistant synonyms --articles my-articles/ >> my-articles/.footnotesynonyms
    """
    with _opened(_settings(articles, data_dir)) as assistant:
        found = assistant.suggested_synonyms()
    if as_json:
        terminal.say_json({"synonyms": [{"names": n, "articles": ids} for n, ids in found]})
        return
    for names, ids in found:
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        terminal.say(terminal.safe(f"{', '.join(names)}  # {ids[0]}{more}"))
    if not found:
        terminal.note("no abbreviation is defined in the articles that the file lacks")


@app.command()
def chat(
    articles: Articles = None,
    data_dir: DataDir = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the browser too.")] = False,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="Users log in; a line of the file is made by `assistant password USER`.",
        ),
    ] = None,
    proxy_user_header: Annotated[
        str | None,
        typer.Option(
            "--proxy-user-header",
            metavar="NAME",
            help="The user is whom a reverse proxy names in this header; it must strip it from "
            "what it gets.",
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url",
            metavar="URL",
            help="How browsers reach the chat, where that is by another name.",
        ),
    ] = None,
) -> None:
    """Ask in the browser; Ctrl-C ends it.

    On this machine nobody logs in. An address that other machines reach needs --password-file or
    --proxy-user-header; users see their own conversations only.

    \b
    Examples:
      assistant chat --port 8080 --open
      assistant chat --host 0.0.0.0 --password-file users.txt
    """
    from assistant.chat import serve

    serve(
        _settings(articles, data_dir),
        host,
        port,
        open_browser=open_browser,
        password_file=password_file,
        proxy_user_header=proxy_user_header,
        public_url=public_url,
    )


@app.command()
def password(
    user: Annotated[str, typer.Argument(metavar="USER", help="The name to log in with.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Put the line into this password file."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="In the place of the one that USER has there.")
    ] = False,
) -> None:
    """Make a line for the password file of the chat.

    The password is asked for, or read from stdin, and hashed with scrypt. With --file a name that
    is there already is refused, unless it is to have a new password.

    \b
    Examples:
      assistant password ada --file users.txt
      assistant password ada --file users.txt --replace
      assistant password bob >> users.txt
    """
    from assistant.chat.access.passwords import (
        check_name,
        hash_password,
        is_listed,
        put_password,
    )

    check_name(user)
    known = file is not None and is_listed(file, user)
    if known and not replace:
        raise SettingsError(
            f"{file} has a user {user!r} already; choose another name, or give --replace for a "
            "new password"
        )
    if sys.stdin.isatty():
        secret = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        secret = _stdin()
    hashed = hash_password(secret)
    if file is None:
        terminal.say(f"{user}:{hashed}")
        return
    put_password(file, user, hashed)
    ended = "; logins with the former one end" if known else ""
    terminal.note(f"{file} has the password of {user} now{ended}")


app.add_typer(history, name="history")


@app.command()
def verify(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An answer saved by `ask --json`; - reads stdin.")
    ],
    articles: Articles = None,
    data_dir: DataDir = None,
) -> None:
    """Check the citations of a saved answer.

    Each quote must stand, character for character, where the answer says it does, and each
    sentence must be proven by what it cites. Exit code 1 if one is not.

    \b
    Example:
      assistant ask "…" --json > answer.json && assistant verify answer.json
    """
    saved = _saved_answer(file)
    with _opened(_settings(articles, data_dir)) as assistant:
        findings = assistant.verify(saved)
    terminal.say_findings(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(CHECK_FAILED)


@app.command()
def schema() -> None:
    """Print the JSON schema of a saved answer.

    \b
    Example:
      assistant schema > answer.schema.json
    """
    from assistant.proof.schema import answer_schema

    terminal.say_json(answer_schema())


@app.command()
def doctor(articles: Articles = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Verify all that is stored, and repair it.

    Every article, every passage and both indexes are read and compared with what was written.
    Indexes are built again; a damaged article is read again from its file, and the damaged data is
    kept aside. Exit code 1 if something stays wrong.

    \b
    Example:
      assistant doctor
    """
    with terminal.progress() as show, _opened(_settings(articles, data_dir), told=False) as opened:
        checks = opened.doctor(show)
    if as_json:
        terminal.say_json(terminal.checks_json(checks))
    else:
        terminal.say_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(CHECK_FAILED)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the backup.")],
    articles: Articles = None,
    data_dir: DataDir = None,
) -> None:
    """Write a backup of what is indexed.

    One file with every article's text, its passages and what you removed. It is verified before
    it is written, and asking goes on meanwhile.

    \b
    Example:
      assistant export footnote-backup.sqlite
    """
    with _opened(_settings(articles, data_dir)) as assistant, terminal.progress() as show:
        count = assistant.export(file, show)
    terminal.say(f"Wrote {count} articles to {terminal.safe(str(file))}.")


@app.command("import")
def import_backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup written by `export`.")],
    articles: Articles = None,
    data_dir: DataDir = None,
) -> None:
    """Put a backup in the place of what is indexed.

    It is verified first. What was indexed before is kept aside, and what you have removed since
    the backup stays out. The next command brings it up to date with the folder, reading only what
    has changed since. What has no file there is kept, until `assistant index` is run.

    \b
    Example:
      assistant import footnote-backup.sqlite --articles my-articles/
    """
    from assistant.command.selection import remember
    from assistant.service import restore

    settings = _settings(articles, data_dir)
    with terminal.progress() as show:
        count = restore(file, settings, show)
    if settings.articles:
        remember(settings.resolved_data_dir(), settings.resolved_articles())
    folders = ", ".join(str(folder) for folder in settings.resolved_articles())
    terminal.say(f"Put {count} articles in place for {terminal.safe(folders)}.")


def _settings(
    articles: list[str] | None, data_dir: str | None, workers: int | None = None
) -> Settings:
    """Settings of this run: as given, else with the folders that were last indexed."""
    from assistant.command.selection import remembered
    from assistant.settings import Settings

    settings = Settings(
        articles=tuple(articles) if articles else None, data_dir=data_dir, workers=workers
    )
    if settings.articles:
        return settings
    folders = remembered(settings.resolved_data_dir())
    if not folders:
        return settings
    terminal.note(f"using {', '.join(map(str, folders))}, as last indexed")
    return Settings(**settings.model_dump(exclude={"articles"}), articles=folders)


@contextmanager
def _opened(
    settings: Settings, *, stop: Callable[[], bool] | None = None, told: bool = True
) -> Iterator[Assistant]:
    """The assistant over the settings' articles, with progress on stderr while it gets ready.

    With `stop` it indexes, waits for its turn, and lets go of a backup's articles that have no
    file; else it asks what is there where another process is indexing, or nothing can be written.
    """
    from assistant import Assistant

    with terminal.progress() as show:
        assistant = Assistant.open(
            settings=settings,
            progress=show,
            stop=stop,
            wait=stop is not None,
            keep_restored=stop is None,
        )
    if stop is None and assistant.report.removed:
        terminal.note(f"no more asked, as the files are gone: {_named(assistant.report.removed)}")
    if assistant.report.busy:
        terminal.note("another process is indexing these articles; asking what is there so far")
    with assistant:
        try:
            yield assistant
        finally:
            for notice in assistant.notices if told else ():
                terminal.note(notice)


def _named(ids: Sequence[str]) -> str:
    more = len(ids) - MOST_NAMED
    return ", ".join(ids[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _readable(question: str) -> str:
    """The question, if it is text at all: an argument may hold any bytes."""
    try:
        question.encode("utf-8")
    except UnicodeEncodeError:
        raise QuestionError(
            "the question is not valid UTF-8 text; type it again in a UTF-8 terminal"
        ) from None
    return question


def _stdin() -> str:
    """All of stdin as text, without the line break that ends it."""
    data = sys.stdin.buffer.read(4 * MOST_STDIN_CHARACTERS)
    try:
        return data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ReadError("stdin is not UTF-8 text; convert it first") from None


def _bytes(file: str) -> bytes:
    """A file, or stdin; no more of it than may be an answer."""
    if file == STDIN:
        return sys.stdin.buffer.read(4 * MOST_STDIN_CHARACTERS)
    with Path(file).open("rb") as opened:
        return opened.read(4 * MOST_STDIN_CHARACTERS)


def _saved_answer(file: str) -> dict[str, Any]:
    """The JSON object in `file`."""
    name = "stdin" if file == STDIN else file
    try:
        saved = json.loads(_bytes(file))  # in UTF-16 too, which some shells write
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ReadError(f"{name} cannot be read: {reason}; name a saved answer") from None
    except (ValueError, RecursionError):
        raise ReadError(
            f"{name} is not JSON; save an answer with `assistant ask … --json > answer.json`"
        ) from None
    if not isinstance(saved, dict):
        raise ReadError(
            f"{name} holds no answer; save one with `assistant ask … --json > answer.json`"
        )
    return saved


if __name__ == "__main__":
    main()
