"""The merge of a large corpus's indexes with what has come since, by a process of its own.

It takes minutes, and whoever asks, adds or deletes goes on meanwhile with the indexes that there
are (`embeddings.growing`). The new ones count from the one transaction on that records them in
place of those; a process that ends before leaves a folder behind, which the next one deletes.

    python -m embeddings.merging FOLDER FILE
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from embeddings.errors import CorpusError
from embeddings.locks import MERGING_LOCK, is_held

__all__ = ["LOG", "start_merging"]

LOG = "merging.log"
"""Beside the corpus: why the last merge came to nothing, where it did."""
LOWEST_PRIORITY = 19


def start_merging(folder: Path, file: str) -> None:
    """Have the corpus in `folder` merged, whose dense index is `file`, unless some process does.

    Where none can be started everything goes on as it is: the next change tries it again.
    """
    with contextlib.suppress(CorpusError, OSError):
        if is_held(folder / MERGING_LOCK):
            return
        # -P: a module in the folder where Footnote was started is not imported. A session of its
        # own: it outlives a command that ends, and Ctrl-C in the terminal is not for it.
        root = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
        with (folder / LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "embeddings.merging", str(folder.resolve()), file],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path},
            )
        # Nobody waits for it, but when it ends the system wants to tell somebody.
        threading.Thread(target=process.wait, daemon=True).start()


def main(folder: Path, file: str) -> None:
    """Merge the indexes of the corpus in `folder`, if `file` is its dense one still."""
    from embeddings.corpus import FILE, Corpus
    from embeddings.index import merge_index

    if hasattr(os, "nice"):  # not on Windows
        os.nice(LOWEST_PRIORITY)
    if not (folder / FILE).exists():
        return  # it was deleted meanwhile, and is not to be made again
    try:
        corpus = Corpus(folder)
        try:
            merge_index(corpus, file)
        finally:
            corpus.close()
    except CorpusError as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
