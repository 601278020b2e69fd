"""What an installed Footnote consists of."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASSETS = {".json", ".toml", ".onnx", ".po", ".css", ".js", ".jsx", ".svg", ".png", ".md", ".typed"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_wheel_holds_the_two_packages_and_nothing_else(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    assert names == {"assistant", "embeddings"}


def test_wheel_holds_everything_the_packages_hold(installed: Path) -> None:
    missing = [
        str(path.relative_to(ROOT))
        for package in ("assistant", "embeddings")
        for path in (ROOT / package).rglob("*")
        if path.suffix in ASSETS | {".py"}
        and "training" not in path.parts
        and not (installed / path.relative_to(ROOT)).is_file()
    ]

    assert not missing


def test_installed_package_carries_the_articles_unchanged(installed: Path) -> None:
    code = "from assistant.settings import seeds; print(seeds())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=installed.parent,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    carried = Path(done.stdout.strip())

    assert carried == installed / "assistant" / "_seeds"
    assert (carried / ".footnoteignore").is_file()
    texts = {path.name: path.read_bytes() for path in carried.glob("*.txt")}
    assert texts == {path.name: path.read_bytes() for path in (ROOT / "seeds").glob("*.txt")}
    assert len(texts) == 5
