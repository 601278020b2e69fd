"""Which folders were indexed last, kept in the data folder for the command line."""

from __future__ import annotations

from pathlib import Path

from embeddings.durable import make_folder, read_sealed, write_sealed
from embeddings.errors import CorpusError, DamagedError

__all__ = ["FILE_NAME", "remember", "remembered"]

FILE_NAME = "selected.json"


def remember(data_dir: Path, folders: tuple[Path, ...]) -> None:
    """Keep `folders` as the ones last indexed, whole or not at all."""
    make_folder(data_dir)
    write_sealed(data_dir / FILE_NAME, {"articles": [str(folder) for folder in folders]})


def remembered(data_dir: Path) -> tuple[Path, ...]:
    """The folders last indexed; none where nothing was."""
    path = data_dir / FILE_NAME
    try:
        folders = read_sealed(path)["articles"]
        return tuple(Path(folder) for folder in folders)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}; make it readable") from None
    except (DamagedError, KeyError, TypeError):
        # Another folder's answers in place of this one's would be worse than an error.
        raise CorpusError(
            f"{path} is damaged; run `assistant index FOLDER` again, or name --articles"
        ) from None
