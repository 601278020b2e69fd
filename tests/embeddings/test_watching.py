from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest
import watchfiles

from embeddings import watching
from embeddings.watching import changes

SOON = 20.0
A_WHILE = 2.5


class Watcher:
    """Counts the changes that are told of, in a thread."""

    def __init__(self, folder: Path, apart: Path | None = None) -> None:
        self._found: Queue[str] = Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder, apart), daemon=True)
        self._thread.start()

    def _run(self, folder: Path, apart: Path | None) -> None:
        for _ in changes([folder], self._stop, apart):
            self._found.put("changed")
        self._found.put("ended")

    def next(self) -> str:
        return self._found.get(timeout=SOON)

    def is_quiet(self) -> bool:
        """Whether nothing is told for a while."""
        try:
            return not self._found.get(timeout=A_WHILE)
        except Empty:
            return True

    def close(self) -> None:
        self._stop.set()
        while self.next() != "ended":
            pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "data").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    return folder


@pytest.fixture(params=["told by the system", "looked through"])
def watcher(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watcher]:
    if request.param == "looked through":

        def refused(*folders: Path, **options: object) -> None:
            raise OSError("OS file watch limit reached.")

        monkeypatch.setattr(watchfiles, "watch", refused)
        monkeypatch.setattr(watching, "POLL_SECONDS", 0.2)
    made = Watcher(folder, folder / "data")
    assert made.next() == "changed"  # it watches now, and what was missed before is made up for
    yield made
    made.close()


def test_a_change_is_told_and_what_is_none_is_not(watcher: Watcher, folder: Path) -> None:
    (folder / "data" / "corpus.sqlite").write_text("what Footnote writes")
    (folder / "link" / "a.txt").write_text("behind a link")
    assert watcher.is_quiet()
    (folder / "a.txt").write_text("an article")
    assert watcher.next() == "changed"


def test_a_folder_that_takes_the_place_of_another_is_watched(
    watcher: Watcher, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    folder.rename(tmp_path / "old")
    (tmp_path / "new").rename(folder)
    assert watcher.next() == "changed"
    while not watcher.is_quiet():
        pass
    (folder / "a.txt").write_text("an article")
    assert watcher.next() == "changed"


def test_a_folder_that_is_gone_is_waited_for(watcher: Watcher, folder: Path) -> None:
    shutil.rmtree(folder)
    assert watcher.next() == "changed"
    while not watcher.is_quiet():
        pass
    folder.mkdir()
    assert watcher.next() == "changed"
