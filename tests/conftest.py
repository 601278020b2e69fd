"""What the tests of several packages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from embeddings.encoder import DEFAULT_ENCODER, load_encoder

# No test fails because the machine is slow.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees the settings it makes, not those of the machine it runs on."""
    for name in os.environ:
        if name.startswith("FOOTNOTE_") and not name.startswith("FOOTNOTE_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def exported(request: pytest.FixtureRequest) -> Path:
    """A data folder that holds the default encoder, exported; kept in pytest's cache."""
    folder = request.config.cache.mkdir("footnote")
    load_encoder(DEFAULT_ENCODER, folder)
    return folder


@pytest.fixture
def data_dir(exported: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, with nothing but the exported encoder in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "encoders").symlink_to(exported / "encoders", target_is_directory=True)
    return folder
