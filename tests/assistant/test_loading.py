"""When the encoder is loaded, by whom, and what happens when it cannot be."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant import Assistant, Settings
from assistant.loading import Loading
from embeddings.encoder import DEFAULT_ENCODER, exported_card


def loading(data_dir: Path, told: list[str] | None = None) -> Loading:
    notices = [] if told is None else told
    return Loading(Settings(), data_dir, lambda _: None, notices.append)


def test_it_is_loaded_once_whoever_asks(exported: Path) -> None:
    one = loading(exported)
    with ThreadPoolExecutor(4) as threads:
        ahead = threads.submit(one.ahead)
        found = list(threads.map(lambda _: one(), range(3)))
        ahead.result()
    assert len({id(encoder) for encoder in found}) == 1
    assert one() is found[0]
    assert one.fingerprint() == found[0].fingerprint


def test_the_fingerprint_needs_no_loading(exported: Path) -> None:
    one = loading(exported)
    card = exported_card(DEFAULT_ENCODER, exported)
    assert card is not None
    assert one.fingerprint() == card.fingerprint
    assert one.encoder is None


def test_ahead_of_time_nothing_is_made(tmp_path: Path) -> None:
    one = loading(tmp_path)
    one.ahead()
    assert one.encoder is None
    assert list(tmp_path.iterdir()) == []


def test_ahead_of_time_damage_is_left_to_whoever_needs_the_encoder(
    exported: Path, tmp_path: Path
) -> None:
    shutil.copytree(exported / "encoders", tmp_path / "encoders")
    (model,) = (tmp_path / "encoders").glob("*/model.onnx")
    with model.open("r+b") as file:
        file.seek(10_000_000)
        file.write(b"damage")
    damaged = model.read_bytes()
    told: list[str] = []
    one = loading(tmp_path, told)
    one.ahead()
    assert (one.encoder, told) == (None, [])
    assert model.read_bytes() == damaged


def test_whoever_asks_nothing_loads_nothing(data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "tram.txt").write_text("The tram\n\nThe tram is green. It has 40 seats.", "utf-8")
    Assistant.open(folder, data_dir=data_dir).close()
    with Assistant.open(folder, data_dir=data_dir) as opened:
        encoder = opened._encoder
        assert isinstance(encoder, Loading)
        assert len(opened.articles()) == 1
        assert encoder.encoder is None
        opened.ask("How many seats does the tram have?")
        assert encoder.encoder is not None


def test_a_question_loads_the_encoder_beside_the_indexes(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "tram.txt").write_text("The tram\n\nThe tram is green. It has 40 seats.", "utf-8")
    began: list[threading.Thread] = []
    with Assistant.open(folder, data_dir=exported) as opened:
        monkeypatch.setattr(opened, "_ahead", lambda: began.append(threading.current_thread()))
        assert "40 seats" in opened.ask("How many seats does the tram have?").text
    # No daemon: one that is ended in the middle of it takes the process with it.
    assert [thread.daemon for thread in began] == [False]
