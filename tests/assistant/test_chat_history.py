"""Conversations in SQLite: whose they are, what is kept, what is gone after it was deleted."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from assistant.answers import SCHEMA, Answer, Citation, Hit
from assistant.chat.history.exporting import conversation_json, conversation_markdown
from assistant.chat.history.keeping import CUT_OFF, Keeping, cut_off, kept_form
from assistant.chat.history.resuming import shown, spoken, turns
from assistant.chat.history.store import FILE_NAME, Exchange, FoldedStep, History
from assistant.chat.replies.rendering import error_markdown
from assistant.command import terminal
from assistant.command.cli import main
from assistant.proof.citations import verify
from assistant.service import Assistant
from embeddings.errors import CorpusError, SettingsError
from embeddings.records import Article, Passage
from tests.fakes import HashingEncoder

TEXT = "Old bridges. The bridge opened in 1932. It is 40 metres long."
ARTICLE = Article(id="a.txt", text=TEXT, title="Bridges", date="2024-01-01")
QUOTE = "The bridge opened in 1932."


def new_id() -> str:
    return str(uuid.uuid4())


def answer(question: str = "When did it open?", **given: Any) -> Answer:
    start = TEXT.index(QUOTE)
    citation = Citation(
        1, ARTICLE.id, ARTICLE.label, ARTICLE.date, None, start, start + len(QUOTE), QUOTE,
        ARTICLE.sha256, answer_start=TEXT.index("1932"), answer_end=TEXT.index("1932") + 4,
    )  # fmt: skip
    hit = Hit(Passage("a.txt", 0, 12, TEXT[:12], "Bridges", "2024-01-01"), 0.5, 1)
    standing: dict[str, Any] = {
        "question": question,
        "standalone_question": question,
        "text": f"{QUOTE}[1]",
        "refusal": None,
        "confidence": 0.9,
        "citations": (citation,),
        "hits": (hit,),
        "notes": ("A note.",),
        "corpus": "c0ffee",
    }
    return Answer(**{**standing, **given})


def refusal() -> Answer:
    said = "The articles do not say this."
    return answer(text=said, refusal="not_stated", citations=(), notes=())


def exchange(question: str = "When did it open?") -> Exchange:
    return Exchange(new_id(), new_id(), new_id(), question)


def keep(
    history: History, owner: str, question: str = "When did it open?", thread: str = ""
) -> tuple[str, Exchange]:
    """A conversation with one answered question; its id and the exchange."""
    thread, asked = thread or new_id(), exchange(question)
    history.begin(owner, thread, asked)
    history.finish(
        owner, asked.id, kept_form(answer(question)), steps=[FoldedStep("tool", "Why", "- so")]
    )
    return thread, asked


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / FILE_NAME) as opened:
        yield opened


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    with History(tmp_path / FILE_NAME) as history:
        thread, asked = keep(history, "ada")
    with History(tmp_path / FILE_NAME) as history:
        found = history.conversation("ada", thread)
    assert found
    (kept,) = found.exchanges
    assert (kept.id, kept.question_id, kept.reply_id) == (
        asked.id,
        asked.question_id,
        asked.reply_id,
    )
    assert kept.answer
    assert Answer.from_dict(kept.answer) == replace(answer(), hits=())
    assert kept.steps == (FoldedStep("tool", "Why", "- so"),)
    assert found.name == "When did it open?"


def test_the_file_is_its_owners_alone(history: History) -> None:
    keep(history, "ada")
    files = list(history.path.parent.glob(f"{FILE_NAME}*"))
    assert len(files) > 1, "the write-ahead log is a file too"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_nothing_of_another_can_be_read_or_changed(history: History) -> None:
    thread, asked = keep(history, "ada")
    rating = history.rate("ada", asked.id, liked=False)
    assert rating
    assert history.conversation("bob", thread) is None
    assert history.page("bob").conversations == ()
    assert not history.rename("bob", thread, "mine")
    assert not history.delete("bob", thread)
    assert history.rate("bob", asked.id, liked=True) is None
    assert not history.unrate("bob", rating)
    with pytest.raises(CorpusError, match="no such conversation"):
        history.begin("bob", thread, exchange())
    with pytest.raises(CorpusError, match="no such conversation"):
        history.start("bob", thread, "mine")
    mine = exchange()
    history.begin("ada", thread, mine)
    history.finish("bob", mine.id, None, "forged")
    found = history.conversation("ada", thread)
    assert found
    assert found.name == "When did it open?"
    assert [each.told for each in found.exchanges] == ["", ""]
    assert found.exchanges[0].rating
    assert not found.exchanges[0].rating.liked


@pytest.mark.parametrize("bad", ["", "x", "../..", "x' OR '1'='1", "{" + new_id() + "}"])
def test_an_id_that_is_no_uuid_is_refused(history: History, bad: str) -> None:
    with pytest.raises(CorpusError, match="UUID"):
        history.start("ada", bad, "name")
    assert history.conversation("ada", bad) is None
    with pytest.raises(SettingsError, match="cursor"):
        history.page("ada", cursor=f"2024|{bad}")


def test_words_are_never_sql(history: History) -> None:
    owner = "'; DROP TABLE conversations; -- \" % _ \x00"
    nasty = f"{owner} \ud800"
    thread, _ = keep(history, owner, nasty)
    assert history.page(owner, search="DROP '; % _").conversations
    assert history.rename(owner, thread, nasty)
    found = history.conversation(owner, thread)
    assert found
    assert found.exchanges[0].answer
    assert Answer.from_dict(found.exchanges[0].answer).question == f"{owner} ?"
    assert history.page("ada", search="%").conversations == ()


def test_the_list_comes_in_pages_the_last_used_first(history: History) -> None:
    threads = [keep(history, "ada", f"Question {number}")[0] for number in range(7)]
    keep(history, "bob")
    history.begin("ada", threads[0], exchange())  # used again
    expected = [threads[0], *reversed(threads[1:])]
    seen: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = history.page("ada", 3, cursor)
        seen += [each.id for each in page.conversations]
        cursor, pages = page.cursor, pages + 1
    assert seen == expected
    assert pages == 3


def test_every_word_is_looked_for_in_names_questions_and_answers(history: History) -> None:
    bridge, _ = keep(history, "ada", "When did the Brücke open?")
    other, _ = keep(history, "ada", "Who is mayor?")
    history.rename("ada", other, "Town Hall")

    def found(words: str) -> set[str]:
        return {each.id for each in history.page("ada", search=words).conversations}

    assert found("BRÜCKE") == {bridge}
    assert found("town mayor") == {other}
    assert found("1932") == {bridge, other}  # stands in the answer
    assert found("1932 brücke") == {bridge}
    assert found("1932 nowhere") == set()
    assert history.page("bob", search="1932").conversations == ()


def test_a_rating_can_be_changed_and_filters_the_list(history: History) -> None:
    liked, first = keep(history, "ada")
    disliked, second = keep(history, "ada")
    rating = history.rate("ada", first.id, liked=False, reason="no")
    assert history.rate("ada", first.id, liked=True) == rating
    history.rate("ada", second.id, liked=False, reason="r" * 5000)
    assert [c.id for c in history.page("ada", liked=True).conversations] == [liked]
    assert [c.id for c in history.page("ada", liked=False).conversations] == [disliked]
    ((_, found),) = history.disliked()
    assert found.id == second.id
    assert found.rating
    assert len(found.rating.reason) == 2000


def test_what_is_deleted_is_gone_from_the_disk(history: History) -> None:
    thread, asked = keep(history, "ada", "Where is the zymurgist's cellar?")
    history.rate("ada", asked.id, liked=False, reason="zymurgist, I said")
    assert history.delete("ada", thread)
    assert history.disliked() == ()
    for file in history.path.parent.iterdir():
        assert b"zymurgist" not in file.read_bytes(), file
    with sqlite3.connect(history.path) as db:
        for table in ("conversations", "exchanges", "ratings"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    db.close()


def test_threads_and_connections_write_at_once(tmp_path: Path) -> None:
    thread = new_id()

    def ask(_: int) -> None:
        with History(tmp_path / FILE_NAME) as opened:
            for number in range(5):
                keep(opened, "ada", f"Question {number}", thread)

    running = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    with History(tmp_path / FILE_NAME) as history:
        found = history.conversation("ada", thread)
    assert found
    assert len(found.exchanges) == 20
    assert all(each.answer for each in found.exchanges)


def test_a_file_that_is_none_of_ours_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(CorpusError, match="FOOTNOTE_HISTORY=off") as error:
        History(tmp_path / FILE_NAME)
    assert "\n" not in str(error.value)
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(CorpusError, match="format 99"):
        History(newer)


def test_an_answer_is_given_even_where_it_cannot_be_kept(history: History) -> None:
    import asyncio

    thread, _ = keep(history, "ada")
    keeping = Keeping(history, "bob", thread, exchange())
    asyncio.run(keeping.begin())
    assert "not kept in the history" in keeping.problem
    asyncio.run(keeping.finish(answer()))


def test_ten_thousand_conversations_are_listed_in_pages(tmp_path: Path) -> None:
    with History(tmp_path / FILE_NAME) as history:
        fill(history, 10_000)
        half = middle(history)
        took = {
            "first page": timed(lambda: history.page("ada")),
            "page in the middle": timed(lambda: history.page("ada", cursor=half)),
            "search, rare word": timed(lambda: history.page("ada", search="question-77-")),
            "search, no hit": timed(lambda: history.page("ada", search="nowhere")),
        }
        assert len(history.page("ada").conversations) == 35
        assert len(history.page("ada", search="question-77-").conversations) == 1
        run: list[str] = []
        history._db.set_trace_callback(run.append)
        history.page("ada", cursor=half)
        history._db.set_trace_callback(None)
        plans = [str(history._rows(f"EXPLAIN QUERY PLAN {sql}")) for sql in run]
    print({name: f"{seconds * 1000:.1f} ms" for name, seconds in took.items()})
    (plan,) = (plan for plan in plans if "conversations" in plan)
    assert "INDEX conversations_in_order" in plan
    assert "TEMP B-TREE" not in plan, "the list is sorted anew for every page"


def fill(history: History, count: int) -> None:
    """Conversations of three exchanges each, with answers as long as real ones."""
    form = json.dumps(kept_form(answer()))
    rows, exchanges = [], []
    for number in range(count):
        thread, when = new_id(), f"2024-01-01T00:{number // 600:02}:{number % 60:02}.{number:06}Z"
        rows.append((thread, "ada", f"name {number}", f"name {number}", when, when))
        for turn in range(3):
            words = f"question-{number}- {'words of an answer ' * 50}"
            exchanges.append((new_id(), thread, turn, words, when, "q", "r", "Q?", "", "[]", form))
    with history._transaction() as db:
        db.executemany("INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?)", rows)
        db.executemany("INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", exchanges)


def timed(function: Any) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def middle(history: History) -> str:
    sql = "SELECT updated, id FROM conversations ORDER BY updated LIMIT 1 OFFSET 5000"
    (row,) = history._rows(sql)
    return f"{row[0]}|{row[1]}"


# Opened again


def of(*exchanges: tuple[Answer | None, str], history: History) -> Any:
    thread = new_id()
    for given, told in exchanges:
        asked = exchange()
        history.begin("ada", thread, asked)
        if given or told:
            step = FoldedStep("retrieval", "1 passage", "- x")
            history.finish("ada", asked.id, kept_form(given) if given else None, told, [step])
    found = history.conversation("ada", thread)
    assert found
    return found


def test_an_answer_is_shown_as_it_was_and_proven_again(history: History) -> None:
    found = of((answer(), ""), history=history)
    again = shown(found, lambda *_: ARTICLE)
    kinds = [step["type"] for step in again.steps]
    assert kinds == ["user_message", "run", "retrieval", "assistant_message"]
    message = again.steps[-1]
    assert f"#cite-{message['id']}-1" in message["output"]
    assert "A note" in message["output"]
    (element,) = again.elements
    assert element["forId"] == message["id"]
    assert element["props"]
    (source,) = element["props"]["sources"]
    assert source["quote"] == QUOTE
    assert source["before"].endswith("Old bridges. ")
    assert "changed" not in source
    assert {step["threadId"] for step in again.steps} == {found.id}
    parents = [step["parentId"] for step in again.steps]
    assert parents == [None, again.steps[0]["id"], again.steps[1]["id"], again.steps[1]["id"]]


@pytest.mark.parametrize("gone", [True, False])
def test_a_source_that_is_no_more_is_not_shown_in_a_wrong_place(
    history: History, gone: bool
) -> None:
    changed = Article(id="a.txt", text="Newer. " + TEXT, title="Bridges")

    def look(article_id: str, sha256: str | None = None) -> Article:
        if gone:
            raise CorpusError(f"there is no article {article_id}")
        return changed

    again = shown(of((answer(), ""), history=history), look)
    assert "its source has changed or gone since" in again.steps[-1]["output"].replace("&#46;", ".")
    assert again.elements[0]["props"]
    (source,) = again.elements[0]["props"]["sources"]
    assert source["quote"] == QUOTE
    assert source["before"] == source["after"] == ""
    assert ("not there any more" if gone else "has changed since") in source["changed"]


def test_a_text_that_moved_to_another_file_is_shown_there(history: History, tmp_path: Path) -> None:
    """Its own file has another text by now, and another file has its text."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT)
    with Assistant.open(folder, data_dir=tmp_path, encoder=HashingEncoder()) as assistant:
        (folder / "a.txt").rename(folder / "b.txt")
        (folder / "a.txt").write_text("Newer. " + TEXT)
        assistant.refresh()
        again = shown(of((answer(), ""), history=history), assistant.article)
    assert "changed or gone" not in again.steps[-1]["output"]
    assert again.elements[0]["props"]
    (source,) = again.elements[0]["props"]["sources"]
    assert "changed" not in source
    assert (source["article_id"], source["quote"]) == ("b.txt", QUOTE)
    assert source["href"].startswith("/articles/b.txt?")


def test_refusals_errors_and_unfinished_questions_are_shown_too(history: History) -> None:
    found = of((refusal(), ""), (None, "**Told**"), (None, ""), history=history)
    again = shown(found, lambda *_: ARTICLE)
    said = [step["output"] for step in again.steps if step["type"] == "assistant_message"]
    assert said[0].startswith("**The articles do not state this.**\n\n")
    assert said[1] == "**Told**"
    assert "not answered" in said[2]
    (closest, ask_again) = (element["props"] for element in again.elements)
    assert closest
    assert closest["kind"] == "closest"
    assert ask_again == {"questions": ["When did it open?"], "again": True}
    assert turns(found) == [
        {"role": "user", "content": "When did it open?"},
        {"role": "assistant", "content": "The articles do not say this."},
    ]


def test_what_comes_to_a_page_that_waited_is_read_out(history: History) -> None:
    found = of((answer(), ""), (refusal(), ""), (None, "**Told**"), (None, ""), history=history)
    first, *others = map(spoken, found.exchanges)
    assert first == f"{QUOTE} A note. 1 source"
    for said, begins in zip(
        others,
        ("The articles do not state this.", "This question could not be", "This question was not"),
        strict=True,
    ):
        assert said.startswith(begins)
    foreign = replace(found.exchanges[0], answer={"text": "?", "notes": []})
    assert spoken(foreign).startswith("The answer cannot be read any more")


def test_a_question_that_is_being_answered_is_not_said_to_be_unanswered(history: History) -> None:
    found = of((None, ""), history=history)
    said = shown(found, lambda *_: ARTICLE, [found.exchanges[0].id]).steps[-1]["output"]
    assert "still being answered" in said
    assert "not answered" in shown(found, lambda *_: ARTICLE).steps[-1]["output"]


def test_what_is_shown_of_an_answer_is_kept_before_its_end(history: History) -> None:
    conversation, asked = new_id(), exchange()
    history.begin("ada", conversation, asked)

    def kept() -> Exchange:
        found = history.conversation("ada", conversation)
        assert found
        return found.exchanges[0]

    part = kept_form(answer(text="First.[1]"))
    history.keep_part("bob", asked.id, part)
    assert kept().answer is None
    history.keep_part("ada", asked.id, kept_form(answer(text="?[1]")))
    history.keep_part("ada", asked.id, part)
    assert (kept().answer, kept().partial) == (part, True)
    whole = kept_form(answer())
    history.finish("ada", asked.id, whole)
    history.keep_part("ada", asked.id, part)  # too late
    assert (kept().answer, kept().partial) == (whole, False)
    assert history._rows("SELECT count(*) FROM parts") == [(0,)]


def test_what_is_kept_of_an_answer_before_its_end_is_searched(history: History) -> None:
    conversation, asked = new_id(), exchange()
    history.begin("ada", conversation, asked)
    for text in ("A viaduct.[1]", "A viaduct.[1] Of BRICK.[2]"):
        history.keep_part("ada", asked.id, kept_form(answer(text=text)))
    history.keep_part("bob", asked.id, kept_form(answer(text="A tower.[1]")))

    def found(words: str) -> bool:
        return bool(history.page("ada", search=words).conversations)

    assert found("Viaduct brick open")
    assert not found("tower")
    history.finish("ada", asked.id, kept_form(answer()))
    assert found("open 1932")
    assert not found("viaduct"), "the whole answer takes the place of what was shown before"


def test_what_was_shown_before_an_error_stays_above_it(history: History) -> None:
    """In the chat, in a file and on the command line."""
    told = error_markdown("The disk is full.", "e1")
    found = of((answer(notes=(CUT_OFF,)), told), (refusal(), told), history=history)
    again = shown(found, lambda *_: ARTICLE)
    first, second = (s["output"] for s in again.steps if s["type"] == "assistant_message")
    assert "The bridge opened in" in first
    assert first.endswith(told)
    assert second.startswith("**The articles do not state this.**")
    assert second.endswith(told)
    text = conversation_markdown(found)
    assert text.count(told) == 2
    assert text.index("The bridge opened in") < text.index(told)


def test_a_part_of_an_answer_is_deleted_with_its_conversation(history: History) -> None:
    conversation, asked = new_id(), exchange()
    history.begin("ada", conversation, asked)
    history.keep_part("ada", asked.id, kept_form(answer(text="A fine secret.[1]")))
    assert history.delete("ada", conversation)
    for file in history.path.parent.glob(f"{FILE_NAME}*"):
        assert b"A fine secret" not in file.read_bytes()


def test_what_was_shown_of_an_answer_is_kept_as_one_that_is_proven(history: History) -> None:
    whole = answer()
    other = replace(whole.citations[0], number=2)
    begun = cut_off(whole.question, "When?", [f"{QUOTE}[1]"], (*whole.citations, other))
    assert begun
    assert (begun.text, begun.citations) == (whole.text, whole.citations)
    assert begun.composer == "local"
    assert all(finding.ok for finding in verify(begun.to_dict(), {"a.txt": ARTICLE}.get))
    message = shown(of((begun, ""), history=history), lambda *_: ARTICLE).steps[-1]["output"]
    assert "This answer is cut off" in message
    written = cut_off(whole.question, "When?", ["It opened in 1932.[1]"], whole.citations)
    assert written
    assert written.composer == "llm"
    assert cut_off(whole.question, "When?", ["The articles do not say."], whole.citations) is None


# Exported


def test_a_conversation_as_markdown_has_footnotes_of_its_own_for_each_answer(
    history: History,
) -> None:
    question = "When [^1] did *it* open?"
    found = of((answer(question), ""), (answer(question), ""), (None, ""), history=history)
    text = conversation_markdown(found)
    labels = re.findall(r"^\[\^([\d-]+)\]:", text, re.MULTILINE)
    assert labels == ["1-1", "2-1"]
    assert len(re.findall(r"(?<!\\)\[\^1-1\]", text)) == 2
    assert "**1932**" in text
    assert text.count("*No answer.*") == 1
    headings = [t for t in MarkdownIt().parse(text) if t.type == "heading_open"]
    assert len(headings) == 4


def test_a_conversation_as_json_holds_answers_that_can_be_verified(history: History) -> None:
    found = of((answer(), ""), (None, "told"), history=history)
    form = json.loads(json.dumps(conversation_json(found)))
    assert form["schema"] == "footnote/conversation/1"
    first, second = form["exchanges"]
    assert first["answer"]["schema"] == SCHEMA
    assert Answer.from_dict(first["answer"]).citations == answer().citations
    assert second["answer"] is None
    assert second["told"] == "told"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    out, err = capsys.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, out, err


def test_the_command_line_lists_shows_exports_and_deletes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("--data-dir", str(tmp_path))
    code, _, err = run(capsys, "history", "list", *data)
    assert code == 3
    assert "no conversation is kept" in err
    assert not list(tmp_path.iterdir())
    with History(tmp_path / FILE_NAME) as history:
        mine, _ = keep(history, "local", "When did \x1b[31mit open?")
        keep(history, "local", "Who is mayor?")
        theirs, _ = keep(history, "ada")
        failed = exchange("And then?")
        history.begin("local", mine, failed)
        history.finish("local", failed.id, None, error_markdown("2,001 are too many; ask", "e1"))
    code, out, _ = run(capsys, "history", "list", *data, "--search", "it open")
    assert code == 0
    assert out.split() == [mine, *out.split()[1:]]
    assert out.count("\n") == 1
    assert "\x1b" not in out
    code, out, _ = run(capsys, "history", "list", "--json", *data)
    assert len(json.loads(out)["conversations"]) == 2
    code, out, _ = run(capsys, "history", "show", mine, *data)
    assert QUOTE in out
    assert "\nThis question could not be answered.  2,001 are too many; ask  " in out
    code, out, _ = run(capsys, "history", "export", mine, *data)
    assert "\n[^1-1]: “The bridge opened" in out
    code, out, _ = run(capsys, "history", "export", mine, "--format", "json", *data)
    assert json.loads(out)["id"] == mine
    for command in ("show", "export", "delete"):
        code, _, err = run(capsys, "history", command, theirs, *data)
        assert code == 3
        assert "no conversation" in err
    assert run(capsys, "history", "delete", mine, *data)[0] == 0
    assert run(capsys, "history", "show", mine, *data)[0] == 3
    assert run(capsys, "history", "show", theirs, "--user", "ada", *data)[0] == 0
    terminal.finish()
