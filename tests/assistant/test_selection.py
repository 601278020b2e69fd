from __future__ import annotations

from pathlib import Path

import pytest

from assistant.command.selection import FILE_NAME, remember, remembered
from embeddings.errors import CorpusError


def test_what_was_indexed_last_is_remembered(tmp_path: Path) -> None:
    data_dir = tmp_path / "not" / "there"
    assert remembered(data_dir) == ()

    remember(data_dir, (Path("/a"), Path("/ü b")))
    assert remembered(data_dir) == (Path("/a"), Path("/ü b"))

    remember(data_dir, (Path("/c"),))
    assert remembered(data_dir) == (Path("/c"),)
    assert [path.name for path in data_dir.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"articles": [1]}', '{"articles": null}'])
def test_damaged_memory_is_an_error_not_another_folder(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(text, "utf-8")

    with pytest.raises(CorpusError, match=r"selected.json is damaged; run `assistant index"):
        remembered(tmp_path)


def test_data_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert remembered(file) == ()
    with pytest.raises(CorpusError, match=r"cannot use the data folder .*choose another"):
        remember(file, (Path("/a"),))
