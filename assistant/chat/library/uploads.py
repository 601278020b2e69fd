"""Articles that are added in the chat: where their files lie, whose they are, how long they stay.

One that is kept in the library belongs to the corpus that is served. A private one belongs to its
conversation, in a corpus of that conversation's own, which no other question opens: there is no
filter that could be forgotten. Nothing here knows Chainlit, and all of it takes time: call it in
a thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import threading
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.beside import Beside
from assistant.chat.access.hardening import is_uuid
from assistant.chat.texts.language import gettext
from assistant.wording import say
from embeddings.durable import make_folder, write_durably
from embeddings.errors import CorpusError, ReadError
from embeddings.folders import UPLOADED
from embeddings.locks import held
from embeddings.readers import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from assistant.service import Assistant

__all__ = [
    "MOST_UPLOADS",
    "Kept",
    "Upload",
    "Uploads",
    "delete_private",
    "named",
    "private_to",
]

Kept = Literal["private", "library"]
MOST_UPLOADS = 20
"""Articles of one conversation. More of them are a folder, which is indexed as one."""
MOST_PRIVATE_BYTES = 500_000_000
"""Files that one user keeps private, in all conversations."""
FREE_BYTES = 1_000_000_000
"""What must stay free on the disk: the conversations are on it, too."""
LONGEST_NAME = 120
"""Bytes, without the suffix. File systems take 255."""
PRIVATE = Path("uploads", "private")
ABOUT = ".about.json"
"""Beside an uploaded file, what is known of it. Hidden, so it is no article itself."""
OWNER = "owner.json"
"""In the folder of a conversation's private articles."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An article that a conversation has added, or a file that it could not add."""

    name: str
    state: Literal["read", "incomplete", "refused", "known"]
    kept: Kept
    id: str | None = None
    reason: str | None = None
    title: str | None = None
    owner: str = ""
    conversation: str = ""
    added: str = ""


class Uploads:
    """The articles that were added in the chat. Safe to use from several threads."""

    def __init__(
        self,
        data_dir: Path,
        most: Kept | Literal["off"],
        is_kept: Callable[[str], bool] | None = None,
    ) -> None:
        """`most` is what may be added; `is_kept` says of a conversation that it can be reopened.

        Without `is_kept` no conversation can, and what it has added ends with it.
        """
        self.most = most
        self._is_kept = is_kept
        self._data_dir = data_dir
        self._private = data_dir / PRIVATE
        self._incoming = data_dir / "uploads" / "incoming"
        self._mutex = threading.Lock()
        self._serving = contextlib.ExitStack()
        self._alone = False
        for folder in (self._private, self._incoming):
            make_folder(folder)
            folder.chmod(0o700)
        with contextlib.suppress(CorpusError):  # another server has it, and what is there is its
            lock = data_dir / "uploads" / "serving.lock"
            self._alone = self._serving.enter_context(held(lock, seconds=0))
        if self._alone:
            for left in self._incoming.iterdir():
                left.unlink(missing_ok=True)
            self.expire(())

    def close(self) -> None:
        """Delete what does not outlast the server."""
        self.expire(())
        self._serving.close()

    # Asking

    @contextlib.contextmanager
    def beside(self, assistant: Assistant, conversation: str) -> Iterator[Assistant]:
        """The assistant, with what is private to a conversation beside the library."""
        if not self._folder(conversation).is_dir():
            yield assistant
            return
        with Beside(assistant, self._folder(conversation)) as both:
            yield both

    @contextlib.contextmanager
    def seen_by(self, user: str, assistant: Assistant, article_id: str) -> Iterator[Assistant]:
        """The assistant as it knows an article, if it is one that the user may read."""
        conversation = private_to(article_id)
        if conversation is None or self.owner(conversation) != user:
            yield assistant
            return
        with self.beside(assistant, conversation) as both:
            yield both

    def owner(self, conversation: str) -> str | None:
        """Whose private articles a conversation has; None if it has none."""
        try:
            return str(json.loads((self._folder(conversation) / OWNER).read_text("utf-8"))["owner"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    # Adding

    def refusal(
        self, assistant: Assistant, owner: str, conversation: str, kept: Kept
    ) -> str | None:
        """Why this conversation can add no further article now, in words; None if it can."""
        if kept == "library" and self.most != "library":
            return gettext("articles cannot be kept in the library here; add it privately")
        there = self.listing(assistant, owner, conversation)
        if len(there) >= MOST_UPLOADS:
            return gettext("this conversation has {most} articles already; remove one").format(
                most=MOST_UPLOADS
            )
        if kept == "private" and self._private_bytes(owner) > MOST_PRIVATE_BYTES:
            return gettext("your private articles take {most} MB already; remove some").format(
                most=MOST_PRIVATE_BYTES // 1_000_000
            )
        if shutil.disk_usage(self._incoming).free < FREE_BYTES:
            return gettext("the disk of this server is nearly full")
        return None

    def incoming(self) -> Path:
        """A path for a file that is on its way."""
        return self._incoming / secrets.token_hex(16)

    def add(
        self, assistant: Assistant, file: Path, name: str, owner: str, conversation: str, kept: Kept
    ) -> Upload:
        """Read a file that has come, and make it an article, in the library or privately.

        `file` is used up, whatever comes of it. Raises `CorpusError` when nothing can be stored.
        """
        with self._mutex:  # one file after the other: reading and encoding take all cores
            try:
                return self._added(assistant, file, name, owner, conversation, kept)
            finally:
                file.unlink(missing_ok=True)

    def _added(
        self, assistant: Assistant, file: Path, name: str, owner: str, conversation: str, kept: Kept
    ) -> Upload:
        if reason := self.refusal(assistant, owner, conversation, kept):
            return Upload(name, "refused", kept, reason=reason)
        with self._corpus(assistant, owner, conversation, kept) as corpus:
            group = conversation if kept == "private" else "library"
            parts = (group, secrets.token_hex(4), name)
            place = corpus.uploads.joinpath(*parts)
            try:
                make_folder(place.parent)
                os.replace(file, place)
                added = corpus.add(parts)
                found = Upload(
                    name, added.state, kept, added.article_id, added.reason, added.title,
                    owner, conversation, datetime.now(UTC).isoformat(timespec="seconds"),
                )  # fmt: skip
                if found.state in ("read", "incomplete"):
                    write_durably(place.parent / ABOUT, json.dumps(asdict(found)).encode())
                    return found
            except BaseException:
                shutil.rmtree(place.parent, ignore_errors=True)
                raise
            shutil.rmtree(place.parent, ignore_errors=True)
            return found

    @contextlib.contextmanager
    def _corpus(
        self, assistant: Assistant, owner: str, conversation: str, kept: Kept
    ) -> Iterator[Assistant]:
        """Where an article is to be added: an Assistant that can."""
        if kept == "library":
            yield assistant
            return
        folder = self._folder(conversation)
        if self.owner(conversation) not in (None, owner):
            raise CorpusError(say("there is no such conversation"))
        if not folder.exists():
            make_folder(folder)
            told = {"owner": owner, "kept": self._is_kept is not None}
            write_durably(folder / OWNER, json.dumps(told).encode())
        try:
            with Beside(assistant, folder) as both:
                yield both
        finally:
            self._tidy(conversation)

    # What is there

    def listing(self, assistant: Assistant, owner: str, conversation: str) -> tuple[Upload, ...]:
        """What a user has added in a conversation, in the order in which it came."""
        found = [upload for _, upload in self._all(assistant, conversation)]
        own = [u for u in found if u.owner == owner and u.conversation == conversation]
        return tuple(sorted(own, key=lambda upload: upload.added))

    def own_titles(self, conversation: str) -> dict[str, str]:
        """The ids of what is private to a conversation, in their order, with titles to show."""
        there = [upload for _, upload in self._in(self._own(conversation))]
        titles = {upload.id: upload.title or upload.name for upload in there if upload.id}
        return dict(sorted(titles.items()))

    def has_added(self, assistant: Assistant, user: str, article_id: str) -> bool:
        """Whether it was this user who added an article to the library, and may remove it."""
        if not article_id.startswith(UPLOADED):  # most are not, and nothing is read for them
            return False
        added = self._all(assistant, None)
        return any((upload.id, upload.owner) == (article_id, user) for _, upload in added)

    def _all(self, assistant: Assistant, conversation: str | None) -> Iterator[tuple[Path, Upload]]:
        """The folders of uploads to the library, and of a conversation's own; what is in them."""
        folders = [assistant.uploads / "library"]
        if conversation is not None:
            folders.append(self._own(conversation))
        return self._in(*folders)

    def _own(self, conversation: str) -> Path:
        return self._folder(conversation) / "uploads" / conversation

    def _in(self, *folders: Path) -> Iterator[tuple[Path, Upload]]:
        for about in [about for folder in folders for about in folder.glob(f"*/{ABOUT}")]:
            with contextlib.suppress(OSError, ValueError, TypeError):
                yield about.parent, Upload(**json.loads(about.read_text("utf-8")))

    def remove(
        self, assistant: Assistant, owner: str, conversation: str | None, article_id: str
    ) -> bool:
        """Take an article out of the answers and off the disk; False if it is none of theirs.

        One of the library outlasts its conversation: it is removed from any, or from none.
        """
        with self._mutex:
            for folder, upload in self._all(assistant, conversation):
                within = upload.kept == "library" or upload.conversation == conversation
                if within and (upload.id, upload.owner) == (article_id, owner):
                    # Hidden first: whatever happens now, no indexing reads the file again.
                    hidden = folder.with_name(f".{folder.name.lstrip('.')}")
                    folder.rename(hidden)
                    if upload.kept == "library":
                        assistant.forget(article_id)
                        shutil.rmtree(hidden)
                    else:
                        self._remove_private(assistant, hidden, upload)
                    return True
        return False

    def _remove_private(self, assistant: Assistant, folder: Path, upload: Upload) -> None:
        assert upload.id is not None
        with Beside(assistant, self._folder(upload.conversation)) as both:
            both.forget(upload.id)
        shutil.rmtree(folder)
        self._tidy(upload.conversation)

    def _tidy(self, conversation: str) -> None:
        """Delete the corpus of a conversation that has nothing in it."""
        if not any((self._folder(conversation) / "uploads").glob(f"*/*/{ABOUT}")):
            self._delete(conversation)

    # How long it stays

    def drop(self, conversation: str) -> None:
        """Delete what is private to a conversation, for good."""
        with self._mutex:
            self._delete(conversation)

    def expire(self, alive: Collection[str]) -> None:
        """Delete what is private to conversations that nobody can come back to.

        `alive` are those that are open in a browser now. Of several servers over one data folder
        the first one does it, as it cannot know what is open in the others.
        """
        if not self._alone:
            return
        for folder in list(self._private.iterdir()):
            if not is_uuid(folder.name):  # deleted already, but not to the end
                shutil.rmtree(folder, ignore_errors=True)
            elif folder.name not in alive and not self._lasts(folder):
                self.drop(folder.name)

    def _lasts(self, folder: Path) -> bool:
        if self._is_kept is not None:
            return self._is_kept(folder.name)
        try:  # while no history is kept, what was kept before stays until it is deleted
            return bool(json.loads((folder / OWNER).read_text("utf-8"))["kept"])
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _delete(self, conversation: str) -> None:
        delete_private(self._data_dir, conversation)

    def _folder(self, conversation: str) -> Path:
        return _private_folder(self._data_dir, conversation)

    def _private_bytes(self, owner: str) -> int:
        return sum(
            file.stat().st_size
            for folder in self._private.iterdir()
            if self.owner(folder.name) == owner
            for file in (folder / "uploads").rglob("*")
            if file.is_file()
        )


def delete_private(data_dir: Path, conversation: str) -> None:
    """Delete what is private to a conversation, if anything is."""
    folder = _private_folder(data_dir, conversation)
    # Under another name first: a question that is being answered could put something into it.
    gone = folder.with_name(f".gone-{secrets.token_hex(8)}")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
        shutil.rmtree(gone)


def private_to(article_id: str) -> str | None:
    """The conversation that an article is private to; None for one of the library."""
    conversation = article_id.removeprefix(UPLOADED).partition("/")[0]
    return conversation if article_id.startswith(UPLOADED) and is_uuid(conversation) else None


def named(name: str) -> str:
    """A file's name as it is kept: its last part, on one line, and visible in a folder.

    Raises `ReadError` for a kind of file that has no reader, before any of it is taken.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    stem, dot, suffix = " ".join(shown.split()).rpartition(".")
    if f"{dot}{suffix}".lower() not in READERS:
        raise ReadError(
            gettext("there is no reader for this kind of file; there is one for {kinds}").format(
                kinds=", ".join(READERS)
            )
        )
    stem = stem.strip(". ").encode()[:LONGEST_NAME].decode("utf-8", "ignore")
    return f"{stem.strip(' .') or 'article'}.{suffix}"


def _private_folder(data_dir: Path, conversation: str) -> Path:
    if not is_uuid(conversation):
        raise CorpusError(say("a conversation's id is a UUID"))
    return data_dir / PRIVATE / conversation.lower()
