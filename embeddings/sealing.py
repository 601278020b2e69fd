"""The seal of a corpus file: its checksum, so that one changed bit anywhere in it is noticed.

SQLite does not notice a flipped bit in the middle of a row, nor one in space it does not use.
A sealed file is verified by its hash alone; one that has changed since it was sealed (a crash,
or a process that is writing) has to be verified row by row. The checksum is XXH3-128, which reads
as fast as the memory gives: it tells damage, and whoever could forge the file could seal it anew.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from embeddings.durable import read_sealed, write_sealed
from embeddings.errors import CorpusError, DamagedError

if TYPE_CHECKING:
    from pathlib import Path

    from embeddings.corpus import Corpus

__all__ = ["SEAL", "Seal", "read_seal", "seal"]

SEAL = "corpus.seal"


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
