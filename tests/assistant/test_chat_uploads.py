"""Articles that are added in the chat, without the chat: whose they are, and how long they stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.answers import Answer
from assistant.chat.library import uploads as store
from assistant.chat.library.uploads import (
    PRIVATE,
    Kept,
    Upload,
    Uploads,
    delete_private,
    named,
    private_to,
)
from assistant.chat.preferences import Preferences, asking
from assistant.retrieval.filters import Filter
from embeddings.corpus import Corpus
from embeddings.errors import CorpusError, ReadError
from embeddings.indexing import index_folders
from tests.fakes import HashingEncoder

ADA, BOB = "ada", "bob"
OWN, OTHER = "0b2f9c1e-3f2d-4c55-9d0a-0f7a1c2b3d4e", "6b1f0c9e-3f2d-4c55-9d0a-0f7a1c2b3d4e"
CANARY = "The canary of Ada is called Quillon and lives in the blue cage."
ABOUT_CANARY = "What is the canary of Ada called?"


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    articles = tmp_path / "articles"
    articles.mkdir()
    for n in range(6):
        text = f"Bridge {n}\n\nThe bridge number {n} is {n + 30} metres long, says the paper.\n"
        (articles / f"{n}.txt").write_text(text)
    with Assistant.open(articles, data_dir=tmp_path / "data", encoder=HashingEncoder()) as opened:
        yield opened


@pytest.fixture
def uploads(tmp_path: Path) -> Iterator[Uploads]:
    made = Uploads(tmp_path / "data", "library", {OWN, OTHER}.__contains__)
    yield made
    made.close()


def add(
    uploads: Uploads, assistant: Assistant, text: str | bytes = CANARY, name: str = "canary.txt",
    owner: str = ADA, conversation: str = OWN, kept: Kept = "private",
) -> Upload:  # fmt: skip
    file = uploads.incoming()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    added = uploads.add(assistant, file, name, owner, conversation, kept)
    assert not file.exists()
    return added


def ask(
    uploads: Uploads, assistant: Assistant, conversation: str, filters: Filter | None = None
) -> Answer:
    with uploads.beside(assistant, conversation) as both:
        return both.ask(ABOUT_CANARY, filters=filters)


def everything(folder: Path) -> bytes:
    """All bytes of all files, and their names."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(str(path).encode() + path.read_bytes() for path in files)


def tells(answer: Answer) -> bool:
    return "Quillon" in str(answer.to_dict())


def test_a_private_article_answers_its_conversation_and_no_other(
    uploads: Uploads, assistant: Assistant
) -> None:
    added = add(uploads, assistant)
    assert (added.state, added.kept, added.reason) == ("read", "private", None)
    answer = ask(uploads, assistant, OWN)
    assert [citation.article_id for citation in answer.citations] == [added.id]
    assert "Quillon" in answer.text
    for other in (OTHER, str(uuid.uuid4())):
        assert not tells(ask(uploads, assistant, other))
    assert not tells(assistant.ask(ABOUT_CANARY))
    assert not tells(assistant.ask("What are the articles about?"))
    assert added.id not in [article.id for article in assistant.articles()]
    assert not any(tells_of in str(assistant.retrieve(ABOUT_CANARY)) for tells_of in ("Quillon",))
    assert b"Quillon" not in everything(assistant.uploads.parent)


def test_only_its_owner_may_read_it(uploads: Uploads, assistant: Assistant) -> None:
    added = add(uploads, assistant)
    assert added.id is not None
    for user, expected in ((ADA, True), (BOB, False), ("", False)):
        with uploads.seen_by(user, assistant, added.id) as seen:
            assert bool(seen.known(added.id)) is expected
    with uploads.seen_by(ADA, assistant, added.id.replace(OWN, OTHER)) as seen:
        assert seen.known(added.id) is None
    with uploads.seen_by(BOB, assistant, "0.txt") as seen:
        assert seen.known("0.txt")


def test_another_user_can_neither_list_nor_remove_nor_add_to_it(
    uploads: Uploads, assistant: Assistant
) -> None:
    added = add(uploads, assistant)
    assert added.id is not None
    assert uploads.listing(assistant, BOB, OWN) == ()
    assert not uploads.remove(assistant, BOB, OWN, added.id)
    assert not uploads.remove(assistant, ADA, OTHER, added.id)
    with pytest.raises(CorpusError, match="no such conversation"):
        add(uploads, assistant, "Another text of Bob's.", owner=BOB)
    assert uploads.listing(assistant, ADA, OWN) == (added,)
    assert tells(ask(uploads, assistant, OWN))


def test_what_is_removed_is_unanswerable_and_gone_from_the_disk(
    uploads: Uploads, assistant: Assistant, tmp_path: Path
) -> None:
    first = add(uploads, assistant)
    second = add(uploads, assistant, "The tower of Ada is 31 metres high.", "tower.txt")
    assert first.id
    assert second.id
    assert uploads.remove(assistant, ADA, OWN, first.id)
    assert not tells(ask(uploads, assistant, OWN))
    assert b"Quillon" not in everything(tmp_path / "data")
    assert uploads.listing(assistant, ADA, OWN) == (second,)
    assert not uploads.remove(assistant, ADA, OWN, first.id)
    assert uploads.remove(assistant, ADA, OWN, second.id)
    assert list((tmp_path / "data" / "uploads" / "private").iterdir()) == []
    assert add(uploads, assistant).state == "read"


@pytest.mark.parametrize("kept", ["private", "library"])
def test_what_is_removed_does_not_come_back_if_the_disk_was_full(
    uploads: Uploads, assistant: Assistant, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = add(uploads, assistant, kept=kept)
    assert added.id

    def full(*_: object) -> None:
        raise CorpusError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("embeddings.uploading.publish_index", full)
        with pytest.raises(CorpusError, match="no space"):
            uploads.remove(assistant, ADA, OWN, added.id)
    # The next indexing reads whatever files lie there.
    if kept == "library":
        assert assistant.refresh().added == ()
    else:
        corpus, encoder = Corpus(assistant.uploads.parents[2] / PRIVATE / OWN), HashingEncoder()
        report = index_folders((), corpus, lambda: encoder, lambda: encoder.fingerprint)
        corpus.close()
        assert report.added == ()
    assert not tells(ask(uploads, assistant, OWN))
    # It is still listed, so it can be removed to the end.
    assert [upload.id for upload in uploads.listing(assistant, ADA, OWN)] == [added.id]
    assert uploads.remove(assistant, ADA, OWN, added.id)
    assert uploads.listing(assistant, ADA, OWN) == ()
    assert b"Quillon" not in everything(assistant.uploads.parents[2] / "uploads")


def test_one_that_is_kept_in_the_library_is_everybodys(
    uploads: Uploads, assistant: Assistant
) -> None:
    added = add(uploads, assistant, kept="library")
    assert added.id is not None
    assert private_to(added.id) is None
    assert assistant.ask(ABOUT_CANARY).citations[0].article_id == added.id
    assert ask(uploads, assistant, OTHER).citations[0].article_id == added.id
    assistant.refresh()
    assert tells(assistant.ask(ABOUT_CANARY))
    assert uploads.listing(assistant, ADA, OWN) == (added,)
    assert not uploads.remove(assistant, BOB, OWN, added.id)
    assert uploads.remove(assistant, ADA, OWN, added.id)
    assert not tells(assistant.ask(ABOUT_CANARY))
    assistant.refresh()
    assert not tells(assistant.ask(ABOUT_CANARY))
    assert b"Quillon" not in everything(assistant.uploads.parent)


def test_one_in_the_library_outlasts_its_conversation_and_stays_its_owners_to_remove(
    uploads: Uploads, assistant: Assistant
) -> None:
    first = add(uploads, assistant, kept="library")
    second = add(uploads, assistant, "The tower is 31 metres high.", "tower.txt", kept="library")
    private = add(uploads, assistant, "The mill of Ada is 12 metres high.", "mill.txt")
    assert first.id
    assert second.id
    assert private.id
    uploads.drop(OWN)
    # Another conversation does not list what it has not added itself.
    assert uploads.listing(assistant, ADA, OTHER) == ()
    assert uploads.has_added(assistant, ADA, first.id)
    for user, article_id in ((BOB, first.id), (ADA, private.id), (ADA, "0.txt"), (ADA, "")):
        assert not uploads.has_added(assistant, user, article_id)
        assert not uploads.remove(assistant, user, None, article_id)
        assert not uploads.remove(assistant, user, OTHER, article_id)
    assert tells(assistant.ask(ABOUT_CANARY))
    assert uploads.remove(assistant, ADA, None, first.id)
    assert uploads.remove(assistant, ADA, OTHER, second.id)
    assert not uploads.has_added(assistant, ADA, first.id)
    assert not tells(assistant.ask(ABOUT_CANARY))
    assert b"Quillon" not in everything(assistant.uploads.parent)


def test_the_library_is_closed_where_it_is_not_allowed(
    tmp_path: Path, assistant: Assistant
) -> None:
    uploads = Uploads(tmp_path / "data", "private")
    refused = add(uploads, assistant, kept="library")
    assert refused.state == "refused"
    assert "privately" in (refused.reason or "")
    assert not tells(assistant.ask(ABOUT_CANARY))
    uploads.close()


def test_a_filter_leaves_what_was_added_in(uploads: Uploads, assistant: Assistant) -> None:
    add(uploads, assistant)
    assert tells(ask(uploads, assistant, OWN, Filter(articles=("0.txt",))))
    assert not tells(ask(uploads, assistant, OWN, Filter(since="2020")))


def test_what_is_asked_beside_the_chosen_goes_by_its_titles(
    uploads: Uploads, assistant: Assistant
) -> None:
    texts = ("A cage\n\nThe cage is blue.", "A perch\n\nThe perch is green.", CANARY)
    added = [add(uploads, assistant, text, f"{n}.txt") for n, text in enumerate(texts)]
    add(uploads, assistant, "A swing\n\nThe swing is red.", "swing.txt", kept="library")
    add(uploads, assistant, "A bell\n\nThe bell is of Bob.", "bell.txt", BOB, OTHER)
    titles = uploads.own_titles(OWN)
    assert sorted(titles) == sorted(str(each.id) for each in added)
    assert {"A cage", "A perch"} < set(titles.values())
    chosen = asking(Preferences(articles=("0.txt", "1.txt")), assistant)
    answer = chosen.titled(ask(uploads, assistant, OWN, chosen.preferences.filters), titles)
    assert tells(answer)
    (note,) = (note for note in answer.notes if note.startswith("Asked only"))
    assert "“Bridge 0”, “Bridge 1”, “" in note
    assert "“A cage”" in note
    assert ".uploads" not in note
    assert uploads.own_titles(str(uuid.uuid4())) == {}


def test_refused_files_leave_nothing(
    uploads: Uploads, assistant: Assistant, tmp_path: Path
) -> None:
    refused = add(uploads, assistant, b"%PDF-1.7 nothing at all", "broken.pdf")
    assert refused.state == "refused"
    assert refused.reason
    assert uploads.listing(assistant, ADA, OWN) == ()
    assert list((tmp_path / "data" / "uploads" / "private").iterdir()) == []
    add(uploads, assistant, b"%PDF-1.7 nothing at all", "broken.pdf", kept="library")
    assert list(assistant.uploads.glob("*/*")) == []


def test_a_text_that_is_there_is_said_to_be(uploads: Uploads, assistant: Assistant) -> None:
    add(uploads, assistant)
    again = add(uploads, assistant, name="copy.txt")
    assert again.state == "known"
    assert len(uploads.listing(assistant, ADA, OWN)) == 1


def test_there_is_a_limit_to_their_number_and_size(
    uploads: Uploads, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_UPLOADS", 2)
    add(uploads, assistant, "The first of them is 1 metre long.", "1.txt")
    add(uploads, assistant, "The second of them is 2 metres long.", "2.txt", kept="library")
    third = add(uploads, assistant, "The third of them is 3 metres long.", "3.txt")
    assert (third.state, "remove one" in (third.reason or "")) == ("refused", True)
    monkeypatch.setattr(store, "MOST_PRIVATE_BYTES", 10)
    fourth = add(uploads, assistant, "The fourth is 4 metres long.", "4.txt", conversation=OTHER)
    assert "MB already" in (fourth.reason or "")
    assert add(uploads, assistant, "Bob's is 5 m long.", "5.txt", BOB, OTHER).state == "read"
    monkeypatch.setattr(store, "FREE_BYTES", 10**18)
    full = add(uploads, assistant, "Cleo's is 6 m long.", "6.txt", "cleo", str(uuid.uuid4()))
    assert "nearly full" in (full.reason or "")


def test_a_conversation_takes_its_articles_with_it(
    uploads: Uploads, assistant: Assistant, tmp_path: Path
) -> None:
    add(uploads, assistant)
    uploads.drop(OTHER)
    assert tells(ask(uploads, assistant, OWN))
    uploads.drop(OWN)
    assert not tells(ask(uploads, assistant, OWN))
    assert b"Quillon" not in everything(tmp_path / "data")
    add(uploads, assistant)
    delete_private(tmp_path / "data", OWN)  # as `assistant history delete` does
    assert b"Quillon" not in everything(tmp_path / "data")
    delete_private(tmp_path / "data", OWN)


@pytest.mark.parametrize("conversation", ["..", "../../x", "", "x", OWN + "/..", OWN[:-1]])
def test_a_conversation_is_a_uuid(
    uploads: Uploads, assistant: Assistant, conversation: str
) -> None:
    with pytest.raises(CorpusError, match="UUID"):
        uploads.drop(conversation)
    with pytest.raises(CorpusError, match="UUID"):
        add(uploads, assistant, conversation=conversation)


@pytest.mark.parametrize("article_id", ["x.txt", f"{OWN}/x.txt", ".uploads/library/x/y.txt", ""])
def test_an_article_of_the_library_is_private_to_nobody(article_id: str) -> None:
    assert private_to(article_id) is None
    assert private_to(f".uploads/{OWN}/x/y.txt") == OWN


def test_what_nobody_can_come_back_to_goes(assistant: Assistant, tmp_path: Path) -> None:
    there: set[str] = {OWN}
    uploads = Uploads(tmp_path / "data", "library", there.__contains__)
    add(uploads, assistant)
    add(uploads, assistant, "The tower is 31 metres high.", "tower.txt", BOB, OTHER)
    uploads.expire({OTHER})
    assert uploads.owner(OWN)
    assert uploads.owner(OTHER)  # its first question is still to come
    uploads.expire(())
    assert uploads.owner(OWN)
    assert uploads.owner(OTHER) is None
    uploads.close()


def test_without_history_nothing_outlasts_the_server(assistant: Assistant, tmp_path: Path) -> None:
    kept = Uploads(tmp_path / "data", "library", {OTHER}.__contains__)
    add(kept, assistant, "The tower is 31 metres high.", "tower.txt", BOB, OTHER)
    kept.close()
    uploads = Uploads(tmp_path / "data", "library")
    add(uploads, assistant)
    uploads._serving.close()  # killed
    again = Uploads(tmp_path / "data", "library")
    assert again.owner(OWN) is None
    assert again.owner(OTHER) == BOB  # it was kept while a history was: until it is deleted
    again.close()
    assert b"Quillon" not in everything(tmp_path / "data")


def test_a_second_server_leaves_what_the_first_has_open(
    assistant: Assistant, tmp_path: Path
) -> None:
    first = Uploads(tmp_path / "data", "library")
    add(first, assistant)
    coming = first.incoming()
    coming.write_text("half of it")
    second = Uploads(tmp_path / "data", "library")
    second.expire(())
    assert first.owner(OWN) == ADA
    assert coming.exists()
    second.close()
    first.close()
    assert not (tmp_path / "data" / "uploads" / "private" / OWN).exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.PDF", "report.PDF"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ada\\report.docx", "report.docx"),
        (".hidden.txt", "hidden.txt"),
        ("...txt", "article.txt"),
        (" .txt", "article.txt"),
        ("a\nb\x00c\u202egnp.txt", "a b c gnp.txt"),
        ("a\x1b[31mred.txt", "a [31mred.txt"),
        ("<img src=x onerror=alert(1)>.md", "<img src=x onerror=alert(1)>.md"),
        ("报告.pdf", "报告.pdf"),
        ("\ud800.txt", "article.txt"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(given: str, kept: str) -> None:
    assert named(given) == kept


def test_a_long_name_keeps_its_kind() -> None:
    short = named("很" * 500 + ".html")
    assert short.endswith(".html")
    assert len(short.encode()) <= 130


@pytest.mark.parametrize(
    "name", ["tool.exe", "noname", "", ".", "x.pdf/", "x.pdf.exe", "x.", ".pdf/.."]
)
def test_a_kind_without_a_reader_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match="no reader"):
        named(name)


def test_hostile_names_are_kept_and_cited(uploads: Uploads, assistant: Assistant) -> None:
    name = named("a'; DROP TABLE articles;-- %2e%2e \"<b>#?.txt")
    added = add(uploads, assistant, name=name)
    assert added.id == ask(uploads, assistant, OWN).citations[0].article_id
    assert uploads.remove(assistant, ADA, OWN, added.id or "")
