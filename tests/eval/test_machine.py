"""What a run was made with, and what it took."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.machine import models_of, peak_memory_mb, took


def test_every_part_that_makes_an_answer_is_named(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = models_of(tmp_path, data_dir)
    assert set(models) == {"encoder", "reader", "calibration"}
    assert models["encoder"].startswith("all-MiniLM-L6-v2:int8@")
    assert models == models_of(tmp_path, data_dir)
    monkeypatch.setenv("FOOTNOTE_LLM_URL", "http://localhost:1/v1")
    monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "small")
    assert models_of(tmp_path, data_dir)["language_model"] == "small"


def test_memory_is_told_in_megabytes() -> None:
    before = peak_memory_mb()
    assert before is not None
    assert 10 < before < 100_000
    block = bytearray(int(before + 200) << 20)
    after = took(1.25)["peak_memory_mb"]
    assert after > before + 150
    assert len(block) > 0
    assert took(1.25)["seconds"] == 1.2
