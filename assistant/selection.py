"""Which folders were indexed last, kept in the data folder for the command line."""

from __future__ import annotations

import json
from pathlib import Path

from embeddings.durable import write_durably
from embeddings.errors import CorpusError

__all__ = ["FILE_NAME", "remember", "remembered"]

FILE_NAME = "selected.json"


def remember(data_dir: Path, folders: tuple[Path, ...]) -> None:
    """Keep `folders` as the ones last indexed, whole or not at all."""
    path = data_dir / FILE_NAME
    text = json.dumps({"articles": [str(folder) for folder in folders]}, indent=2) + "\n"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(
            f"{data_dir} cannot be made: {error.strerror}; name another with --data-dir"
        ) from None
    write_durably(path, text.encode("utf-8"))


def remembered(data_dir: Path) -> tuple[Path, ...]:
    """The folders last indexed; none where nothing was."""
    path = data_dir / FILE_NAME
    try:
        folders = json.loads(path.read_text(encoding="utf-8"))["articles"]
        if not all(isinstance(folder, str) and folder for folder in folders):
            raise TypeError
        return tuple(Path(folder) for folder in folders)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}; make it readable") from None
    except (ValueError, KeyError, TypeError):
        # Another folder's answers in place of this one's would be worse than an error.
        raise CorpusError(
            f"{path} is damaged; run `assistant index FOLDER` again, or name --articles"
        ) from None
