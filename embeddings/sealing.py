"""The seal of a corpus file: its checksum, so that one changed bit anywhere in it is noticed.

SQLite does not notice a flipped bit in the middle of a row, nor one in space it does not use.
A sealed file is verified by its hash alone; one that has changed since it was sealed (a crash,
or a process that is writing) has to be verified row by row. The checksum is XXH3-128, which reads
as fast as the memory gives: it tells damage, and whoever could forge the file could seal it anew.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from embeddings.durable import read_sealed, write_sealed
from embeddings.errors import CorpusError, DamagedError
from embeddings.locks import INDEXES_LOCK, held

if TYPE_CHECKING:
    from pathlib import Path

    from embeddings.corpus import Corpus

__all__ = ["SEAL", "Seal", "read_seal", "seal", "seal_soon"]

SEAL = "corpus.seal"
LARGE_BYTES = 1 << 28
"""Size of a corpus file from which on nobody waits for its seal."""

_to_seal: dict[Path, bool] = {}
"""Folders that a thread seals corpora in → whether that was asked for since it began."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Seal:
    """What the corpus file was when it was sealed."""

    identity: str
    generation: int
    revision: int
    checksum: str
    removed: dict[str, str]
    """What the user took out, once more: it stays out even if the corpus file is lost."""


def read_seal(folder: Path) -> Seal | None:
    """The seal of the corpus in `folder`, or None.

    Raises `DamagedError` when it is damaged, `CorpusError` when it cannot be read.
    """
    try:
        fields = read_sealed(folder / SEAL)
        if "sha256" in fields:  # an earlier version's seal: every row is verified, once
            fields |= {"checksum": fields.pop("sha256"), "revision": -1}
        return Seal(**fields)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CorpusError(
            f"cannot read {folder / SEAL}: {error.strerror}; see to the disk, then try again"
        ) from error
    except TypeError as error:
        raise DamagedError(f"{folder / SEAL} is damaged") from error


def seal(corpus: Corpus) -> None:
    """Seal the corpus file as it is now. Call it under the lock of the indexes."""
    write_sealed(corpus.folder / SEAL, asdict(corpus.stamp()))


def seal_soon(corpus: Corpus) -> None:
    """Seal the corpus file; a large one in a thread beside, for which nobody waits.

    Call it under the lock of the indexes. A process that ends waits for the thread. Until it is
    done, and where it never is, the file has to be verified row by row by whoever opens it.
    """
    if corpus.path.stat().st_size < LARGE_BYTES:
        seal(corpus)
        return
    with _lock:
        begun = corpus.folder in _to_seal
        _to_seal[corpus.folder] = True
    if not begun:
        threading.Thread(target=_seal_beside, args=(corpus.folder,)).start()


def _seal_beside(folder: Path) -> None:
    """Seal the corpus in `folder`, and again as long as it is asked for."""
    while _is_asked_for(folder):
        with contextlib.suppress(CorpusError, OSError):  # told by whoever opens it next
            _seal_unless_changed(folder)


def _is_asked_for(folder: Path) -> bool:
    with _lock:
        if _to_seal[folder]:
            _to_seal[folder] = False
            return True
        del _to_seal[folder]
        return False


def _seal_unless_changed(folder: Path) -> None:
    """Seal the corpus as it is; not if it changes meanwhile: whoever does that has it sealed."""
    from embeddings.corpus import FILE, Corpus

    if not (folder / FILE).exists():
        return  # it was deleted meanwhile, and is not to be made again
    corpus = Corpus(folder)
    try:
        stamped = corpus.stamp()
        with held(folder / INDEXES_LOCK) as writable:
            if writable and corpus.revision() == stamped.revision:
                write_sealed(folder / SEAL, asdict(stamped))
    finally:
        corpus.close()
