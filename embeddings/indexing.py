"""Folders of files → the corpus: read, split, encode, commit. The only writer.

A file is settled when what became of it is committed. Wherever a run ends, the next one goes on
from there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Event
from typing import TYPE_CHECKING

from embeddings.corpus import Corpus
from embeddings.durable import make_folder, sweep, write_durably
from embeddings.encoder import Encoder, GivenUp
from embeddings.errors import ReadError, UnreadError
from embeddings.folders import (
    UPLOADED,
    UPLOADS,
    FoundFile,
    file_sha256,
    find_files,
    read_file,
)
from embeddings.index import publish_index
from embeddings.locks import INDEXES_LOCK, INDEXING_LOCK, held, is_held
from embeddings.passages import made_with, split_and_encode
from embeddings.readers import READING
from embeddings.stored import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor, Future
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.readers.sandbox import SandboxedReader
    from embeddings.records import Article
    from embeddings.stored import StoredFile

__all__ = [
    "FileNote", "IndexReport", "Progress", "index_articles", "index_folders", "restoring",
]  # fmt: skip

BATCH_CHARACTERS = 16_000
BATCH_FILES = 64
BATCH_SECONDS = 2.0
"""What is read is encoded and committed together; a slow reader holds nothing back for longer."""
PIECE_TEXTS = 16
PIECE_SECONDS = 0.5
"""What is encoded at once, at first, and how long it may take to become more: a run that is given
up waits for no more than a piece."""
MORE_TRIES = 2
"""Runs that try a file again which could not be read in time or memory."""
PUBLISH_SECONDS = 60.0
PUBLISH_SHARE = 0.05
"""Of a long run's time, what may go into indexes that others can ask before it ends."""
RESTORED = "restored"
"""A file in the folder of a corpus that is a backup, put back, whose files need not be there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is. `total` is None while it is not known."""

    stage: str
    done: int
    """Of files: those that are settled (committed, or unchanged), in the order of the folder."""
    total: int | None = None
    article_id: str | None = None
    """What is worked on."""
    passages: int = 0
    """Passages that this run has committed."""
    in_hand: int = 0
    """Files that are read and not committed yet: these take long."""


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file, and what is to be said of it."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What indexing did. The tuples hold article ids, which are paths of files."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    """(Old id, new id) of texts that the file of the old name does not have any more."""
    duplicates: tuple[tuple[str, str], ...] = ()
    """(Path, article id) of new files whose text the corpus holds already; it is kept once."""
    incomplete: tuple[FileNote, ...] = ()
    """Indexed, but text may be missing."""
    refused: tuple[FileNote, ...] = ()
    """Not indexed."""
    kept: tuple[str, ...] = ()
    """Of a backup that was put back: there is no such file, and what it held is kept."""
    articles: int = 0
    passages: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    """True when it was asked to stop; the next run goes on from here."""
    busy: bool = False
    """True when another process was indexing, and nothing was done."""


def index_folders(
    folders: Sequence[Path],
    corpus: Corpus,
    encoder: Callable[[], Encoder],
    fingerprint: Callable[[], str],
    progress: Callable[[Progress], None] | None = None,
    *,
    stop: Callable[[], bool] | None = None,
    wait: bool = True,
    portion: int = 1,
    apart: Path | None = None,
    keep_restored: bool = False,
) -> IndexReport:
    """Bring `corpus` up to date with the files of `folders`, and of its own uploads.

    A file counts as changed when its bytes have (content hash; times and names are not
    trusted), or when the readers have. `encoder` is called only when there is something to encode,
    its `fingerprint` only when there are files. With another encoder or splitting than before,
    all passages are made anew beside the old ones, and then take their place at once. `stop` is
    asked between files: what is in hand is committed first. One process indexes at a time;
    another waits, or does nothing when `wait` is false. `portion` times more than usual is read
    before it is encoded and committed, where encoding has many workers. The folder `apart` is left
    out: all that Footnote keeps, this corpus and others' private articles, lies in it. With
    `keep_restored` nothing goes from a backup that was put back until all of its files have been
    seen here; the folders need not be there.
    Raises `ReadError` when a folder is not there, `CorpusError` when the corpus cannot be written.
    """
    tell = progress or (lambda _: None)
    lock = corpus.folder / INDEXING_LOCK
    if not wait and is_held(lock):
        articles, passages = corpus.count()
        return IndexReport(articles=articles, passages=passages, busy=True)
    waiting = Progress("waiting for another process that is indexing", 0)
    given_up = Event()
    with (
        held(lock, lambda: tell(waiting)),
        ExitStack() as opened,
        ThreadPoolExecutor(1) as ahead,
    ):

        @cache
        def reader() -> SandboxedReader:
            from embeddings.readers.sandbox import SandboxedReader

            return opened.enter_context(SandboxedReader())

        def until_given_up() -> Encoder:
            found = encoder()
            if portion > 1:  # workers have to have all of it at once
                from embeddings.distributed import RayEncoder

                return found.until(given_up) if isinstance(found, RayEncoder) else found
            return _InPieces(found, given_up)

        stops = stop or (lambda: False)
        run = _Run(corpus, until_given_up, fingerprint, reader, ahead, tell, stops, portion, apart)
        run.keep_restored = keep_restored
        try:
            return run.over(folders)
        except BaseException:
            given_up.set()  # else the thread that encodes would be waited for
            raise


@contextlib.contextmanager
def restoring(folder: Path) -> Iterator[None]:
    """Around the restoring of a backup to `folder`: none of its articles goes for want of a file.

    That is said before the backup is in place, and stays unless it was refused (`ReadError`).
    """
    make_folder(folder)
    mark = folder / RESTORED
    known = mark.exists()
    write_durably(mark, b"")
    try:
        yield
    except ReadError:
        if not known:
            mark.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class _InPieces:
    """An encoder that can be given up between two pieces of what it encodes."""

    whole: Encoder
    given_up: Event

    @property
    def fingerprint(self) -> str:
        return self.whole.fingerprint

    @property
    def dimension(self) -> int:
        return self.whole.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        first, size = 0, PIECE_TEXTS
        while first < len(texts):
            if self.given_up.is_set():
                raise GivenUp
            began = time.monotonic()
            piece = slice(first, first + size)
            vectors[piece] = self.whole.encode(texts[piece])
            first += size
            if time.monotonic() - began < PIECE_SECONDS / 2:
                size *= 2
        return vectors


def index_articles(articles: Sequence[Article], corpus: Corpus, encoder: Encoder) -> None:
    """Commit articles that come from no file, all or none, and build the indexes."""
    build = corpus.build_for(made_with(encoder.fingerprint))
    current = corpus.build()
    if (current is None or current[0] != build) and not corpus.switch(build):
        raise ValueError("the corpus is indexed with another encoder")
    made = split_and_encode(articles, encoder)
    corpus.commit(
        [
            Entry(
                article.id, article.sha256, READING, article.source or article.id,
                article.sha256, article.incomplete, article, passages, vectors,
            )
            for article, (passages, vectors) in zip(articles, made, strict=True)
        ]
    )  # fmt: skip
    publish_index(corpus)


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read, and waits to be committed."""

    found: FoundFile
    entry: Entry
    known: bool
    """Whether it had an article before."""
    twin: str | None = None
    """Id of the article that has its text, where the corpus holds that already."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Files that are encoded, while those after them are read."""

    reads: tuple[_Read, ...]
    entries: Future[list[Entry]]
    upto: int
    """How many files had been looked at when the last of them was read."""


@dataclass(slots=True)
class _Run:
    corpus: Corpus
    encoder: Callable[[], Encoder]
    fingerprint: Callable[[], str]
    reader: Callable[[], SandboxedReader]
    ahead: Executor
    """Encodes, while this thread reads and commits."""
    tell: Callable[[Progress], None]
    stop: Callable[[], bool]
    portion: int = 1
    apart: Path | None = None
    keep_restored: bool = False
    began: float = field(default_factory=time.monotonic)
    published: float = field(default_factory=time.monotonic)
    publishing: float = 0.0

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    linked: dict[str, str | None] = field(default_factory=dict)
    """New file → id of the article that had its text, when the file was looked at."""
    incomplete: list[FileNote] = field(default_factory=list)
    refused: list[FileNote] = field(default_factory=list)

    total: int = 0
    looked_at: int = 0
    settled: int = 0
    passages: int = 0
    changed: bool = False
    batch: list[_Read] = field(default_factory=list)
    batch_began: float = 0.0
    encoding: _Batch | None = None
    new: list[FoundFile] = field(default_factory=list)
    """Files that nobody has read before, until it is known which of them are moved ones."""

    def over(self, folders: Sequence[Path]) -> IndexReport:
        """The whole run."""
        with held(self.corpus.folder / INDEXES_LOCK) as writable:
            if writable:
                sweep(self.corpus.folder)
        restored = (self.corpus.folder / RESTORED).exists()
        keeps = restored and self.keep_restored
        if keeps and not all(folder.is_dir() for folder in folders):
            folders = ()
        seen, self.new, unlisted = self._look_through(folders)
        interrupted = bool(self.total or keeps) and not self._build()
        # What was added by hand goes by hand, too: a restored backup has no files of it.
        missing = {path for path in self.corpus.paths() - seen if not path.startswith(UPLOADED)}
        gone = sorted(path for path in missing if not path.startswith(unlisted))
        lost = [path for path in gone if (file := self.corpus.file(path)) and file.text_sha256]
        stays: dict[str, str] = {}
        if gone and not keeps:
            self._follow_moves()
            stays = dict(self.corpus.forget(gone))
            self.changed = True
        if restored and not (keeps and missing):
            with contextlib.suppress(OSError):
                (self.corpus.folder / RESTORED).unlink()
        for found in self._files(folders):
            interrupted = interrupted or self.stop()
            if interrupted:
                break
            self._settle(found)
        self._flush()
        if not interrupted:
            self.corpus.forget_former()
        if self.changed and not interrupted:
            self._publish("building the indexes")
        self._tell_indexing()
        report = self._report([] if keeps else lost, stays, interrupted=interrupted)
        return replace(report, kept=tuple(lost)) if keeps else report

    def _files(self, folders: Sequence[Path]) -> Iterator[FoundFile]:
        return find_files(folders, self.corpus.folder / UPLOADS, self.apart)

    def _look_through(
        self, folders: Sequence[Path]
    ) -> tuple[set[str], list[FoundFile], tuple[str, ...]]:
        """Ids of all files, those that are new, and how ids begin that nobody could list."""
        known = self.corpus.paths()
        seen: set[str] = set()
        new: list[FoundFile] = []
        unlisted: list[str] = []
        for found in self._files(folders):
            self.total += 1
            if self.total % 1000 == 0:
                self.tell(Progress("looking for files", self.total))
            if found.unlisted:
                unlisted.append(f"{found.article_id}/")
            elif found.refusal is None:
                seen.add(found.article_id)
                if known and found.article_id not in known:
                    new.append(found)
        return seen, new, tuple(unlisted)

    def _build(self) -> bool:
        """Have all passages made with this encoder and splitting; False when it was stopped."""
        wanted = made_with(self.fingerprint())
        current = self.corpus.build()
        if current is not None and current[1] == wanted:
            if self.corpus.other_builds():
                self.corpus.switch(current[0])
            return True
        build = self.corpus.build_for(wanted)
        while not self.corpus.switch(build):
            missing = self.corpus.without_passages(build)
            step = self.portion * BATCH_FILES
            for first in range(0, len(missing), step):
                if self.stop():
                    return False
                total = len(missing)
                self.tell(
                    Progress("encoding again", first, total, missing[first], in_hand=total - first)
                )
                found = map(self.corpus.article, missing[first : first + step])
                articles = [article for article in found if article is not None]
                made = split_and_encode(articles, self.encoder())
                self.corpus.add_passages(
                    build, [(a, *own) for a, own in zip(articles, made, strict=True)]
                )
        self.changed = current is not None
        return True

    def _follow_moves(self) -> None:
        """Before a text loses its file, which is gone or changed: it may have another name now.

        That is a new file which has not been looked at yet.
        """
        entries, twins = [], {}
        in_hand = {read.entry.path for read in self._in_hand()}
        for found in self.new:
            if found.article_id in in_hand or self.corpus.file(found.article_id):
                continue
            try:
                twin = self._twin(found, file_sha256(found))
            except ReadError:
                continue
            if twin is not None:
                entries.append(_link(found, twin))
                twins[found.article_id] = twin.article_id
        self.new = []
        missed = self.corpus.commit(entries) if entries else ()
        self.changed = self.changed or bool(entries)
        self.linked |= {path: twin for path, twin in twins.items() if path not in missed}

    def _twin(self, found: FoundFile, digest: str) -> StoredFile | None:
        """Another file with these bytes that was read as this one would be."""
        twin = self.corpus.twin(found.article_id, digest, READING)
        same = twin is not None and _suffix(twin.path) == _suffix(found.article_id)
        return twin if same else None

    # One file

    def _settle(self, found: FoundFile) -> None:
        """Find out what became of a file: at once, or with the batch."""
        article_id = found.article_id
        self._tell_indexing(article_id)
        known = self.corpus.file(article_id)
        try:
            if found.refusal is not None:
                raise ReadError(found.refusal)
            if known is not None and known.read_as == READING:
                unchanged = known.sha256 == file_sha256(found)
            else:
                unchanged = False
            if known is not None and unchanged:
                self._keep(known)
            else:
                self._add(self._read(found, known))
        except ReadError as error:
            reason = _reason(error, found)
            if known is not None and known.text_sha256 is not None:
                reason += "; its text as it was last read is kept"
            self.refused.append(FileNote(article_id, reason))
        self.looked_at += 1
        if self.batch and self._is_full():
            self._encode()
        elif self.encoding and self.encoding.entries.done():
            self._commit()
        if not self.batch and not self.encoding:
            self.settled = self.looked_at

    def _tell_indexing(self, article_id: str | None = None) -> None:
        """Tell how far it is, and which article is worked on."""
        in_hand = sum(1 for _ in self._in_hand())
        step = Progress("indexing", self.settled, self.total, article_id, self.passages, in_hand)
        self.tell(step)

    def _keep(self, known: StoredFile) -> None:
        """A file that has not changed is what it was."""
        if known.text_sha256 is None:
            self.refused.append(FileNote(known.path, known.reason or known.state))
            return
        if known.path not in self.linked:
            self.unchanged.append(known.path)
        if known.reason:
            self.incomplete.append(FileNote(known.path, known.reason))

    def _read(self, found: FoundFile, stored: StoredFile | None, *, link: bool = True) -> _Read:
        """What a new or changed file holds. Raises `ReadError` when it cannot be read at all."""
        known = bool(stored and stored.text_sha256)
        earlier = stored.read_as if stored else ""
        content, digest = read_file(found)
        if stored is not None and stored.sha256 != digest:
            self._follow_moves()
        twin = self._twin(found, digest) if link else None
        if twin is not None:
            return _Read(found, _link(found, twin), known, twin.article_id)
        entry = Entry(found.article_id, digest, READING, found.source)
        try:
            article = self.reader().read(content, found.article_id, found.source)
        except UnreadError as error:
            # Not surely the file's fault: the next runs try it again, but not for ever.
            tries = earlier.removeprefix(READING) if earlier.startswith(READING) else ""
            read_as = f"{READING}{tries}?" if len(tries) < MORE_TRIES else READING
            return _Read(
                found, replace(entry, read_as=read_as, reason=_reason(error, found)), known
            )
        except ReadError as error:
            return _Read(found, replace(entry, reason=_reason(error, found)), known)
        entry = replace(entry, text_sha256=article.sha256, reason=article.incomplete)
        waiting = {read.entry.text_sha256 for read in self._in_hand()}
        if link and (
            article.sha256 in waiting or self.corpus.holds_text(article.sha256, found.article_id)
        ):
            return _Read(found, entry, known, self.corpus.id_of_text(article.sha256))
        return _Read(found, replace(entry, article=article), known)

    # Batches

    def _add(self, read: _Read) -> None:
        if not self.batch:
            self.batch_began = time.monotonic()
        self.batch.append(read)

    def _is_full(self) -> bool:
        texts = (read.entry.article.text for read in self.batch if read.entry.article)
        return (
            len(self.batch) >= self.portion * BATCH_FILES
            or sum(map(len, texts)) >= self.portion * BATCH_CHARACTERS
            or time.monotonic() - self.batch_began > self.portion * BATCH_SECONDS
        )

    def _in_hand(self) -> Iterator[_Read]:
        """What was read and is not committed yet."""
        yield from self.encoding.reads if self.encoding else ()
        yield from self.batch

    def _encode(self) -> None:
        """Have the batch encoded beside, and commit the one before it meanwhile."""
        reads, self.batch = tuple(self.batch), []
        if self.encoding is not None:
            wait([self.encoding.entries])  # memory holds two batches, never more
        after = _Batch(reads, self.ahead.submit(self._encoded, reads), self.looked_at)
        if self.encoding is not None:
            self._commit(after)
        self.encoding = after

    def _flush(self) -> None:
        """Encode and commit all that is in hand."""
        self._tell_indexing()
        if self.batch:
            self._encode()
        if self.encoding is not None:
            self._commit()
        self.settled = self.looked_at

    def _commit(self, after: _Batch | None = None) -> None:
        """Commit the batch that is encoded, or will be soon; `after` is the next one, if any."""
        assert self.encoding is not None
        batch, self.encoding = self.encoding, after
        reads, entries = list(batch.reads), batch.entries.result()
        while reads:
            missed = set(self.corpus.commit(entries))
            self.passages += sum(len(e.passages) for e in entries if e.path not in missed)
            for read in reads:
                if read.entry.path not in missed:
                    self._record(read)
            # Their text went away with the last file that had it: they bring it themselves.
            again = [read for read in reads if read.entry.path in missed]
            reads = [new for old in again if (new := self._brought(old)) is not None]
            entries = self._encoded(reads)
        self.settled = batch.upto
        long_ago = max(PUBLISH_SECONDS, self.publishing / PUBLISH_SHARE)
        if self.changed and time.monotonic() - self.published > long_ago:
            self._publish("building the indexes so far")

    def _brought(self, read: _Read) -> _Read | None:
        """A file read again for its own text; None when it cannot be read any more."""
        try:
            return replace(self._read(read.found, None, link=False), known=read.known)
        except ReadError as error:
            self.refused.append(FileNote(read.found.article_id, _reason(error, read.found)))
            return None

    def _encoded(self, reads: Sequence[_Read]) -> list[Entry]:
        """The entries with their passages; what a file had before is not encoded again."""
        articles = [read.entry.article for read in reads if read.entry.article is not None]
        changed = [read.entry.path for read in reads if read.entry.article and read.known]
        known = self.corpus.known_vectors(changed) if changed else {}
        made = iter(split_and_encode(articles, self.encoder(), known) if articles else ())
        encoded = []
        for read in reads:
            entry = read.entry
            if entry.article is not None:
                passages, vectors = next(made)
                entry = replace(entry, passages=passages, vectors=vectors)
            encoded.append(entry)
        return encoded

    def _record(self, read: _Read) -> None:
        """Note what became of a file, as it is committed."""
        self.changed = True
        stored = self.corpus.file(read.entry.path)
        if stored is None:
            return
        if stored.text_sha256 is None:
            self.refused.append(FileNote(stored.path, stored.reason or stored.state))
            return
        if read.known:
            self.updated.append(stored.path)
        elif read.entry.article is None:
            self.linked[stored.path] = read.twin
        else:
            self.added.append(stored.path)
        if stored.reason:
            self.incomplete.append(FileNote(stored.path, stored.reason))

    def _publish(self, stage: str) -> None:
        began = time.monotonic()
        publish_index(
            self.corpus,
            lambda done, total: self.tell(Progress(stage, done, total, None, self.passages)),
        )
        self.published = time.monotonic()
        self.publishing = self.published - began

    def _report(
        self, gone: Sequence[str], stays: dict[str, str], *, interrupted: bool
    ) -> IndexReport:
        moved, duplicates = set(stays.items()), []
        for path in sorted(self.linked.keys() - set(stays.values())):
            file, twin = self.corpus.file(path), self.linked[path]
            if file is not None and twin is not None and file.article_id == path:
                moved.add((twin, path))
            elif file is not None:
                duplicates.append((path, file.article_id or ""))
        articles, passages = self.corpus.count()
        return IndexReport(
            added=tuple(sorted(self.added)),
            updated=tuple(sorted(self.updated)),
            unchanged=tuple(sorted(self.unchanged)),
            removed=tuple(path for path in gone if path not in stays),
            moved=tuple(sorted(moved)),
            duplicates=tuple(duplicates),
            incomplete=tuple(sorted(self.incomplete, key=lambda note: note.path)),
            refused=tuple(sorted(self.refused, key=lambda note: note.path)),
            articles=articles,
            passages=passages,
            seconds=time.monotonic() - self.began,
            interrupted=interrupted,
        )


def _link(found: FoundFile, twin: StoredFile) -> Entry:
    """A file with the same bytes as another needs no reading and no encoding."""
    return Entry(
        found.article_id, twin.sha256, READING, found.source, twin.text_sha256, twin.reason
    )


def _suffix(path: str) -> str:
    return path.rpartition(".")[2].lower()


def _reason(error: ReadError, found: FoundFile) -> str:
    return str(error).removeprefix(f"{found.article_id}: ")
