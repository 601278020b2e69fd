"""Who is measured, and the environment that each of them runs in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

__all__ = [
    "CONTENDERS",
    "FAST",
    "FLOORS",
    "FOOTNOTE",
    "NOT_THEIRS",
    "PEERS",
    "Contender",
    "Environment",
    "InstallError",
    "environment",
]

FOLDER = Path(__file__).resolve().parent / "peers"
READY = "ready.json"
NOT_THEIRS = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "PYTHONPATH")
"""Variables that pin this project's environment, and would be wrong in another."""
QUIETLY = ("--quiet", "--disable-pip-version-check", "--no-compile")
"""What is imported is compiled when it is first imported: a tenth of what is installed."""


class InstallError(RuntimeError):
    """A contender's environment could not be made."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A library that is measured by `benchmarks.peers.with_<name>`."""

    key: str
    title: str
    module: str
    requirements: str | None
    """Name of its requirement file; None for this project's own environment."""
    weights: str = "torch"
    """Which form of the model it is given: `torch`, `onnx`, `int8`, or Footnote's own `fast`."""


FOOTNOTE = Contender("footnote", "Footnote", "with_footnote", None)
FAST = Contender("footnote_fast", "Footnote, fast encoder", "with_footnote", None, "fast")
PEERS = (
    Contender("langchain", "LangChain", "with_langchain", "langchain.txt"),
    Contender("llama_index", "LlamaIndex", "with_llama_index", "llama_index.txt"),
    Contender("haystack", "Haystack", "with_haystack", "haystack.txt"),
    Contender("txtai", "txtai", "with_txtai", "txtai.txt"),
)
FLOORS = (
    Contender(
        "plain", "floor: sentence-transformers", "with_sentence_transformers",
        "sentence_transformers.txt",
    ),
    Contender("onnx", "floor: ONNX Runtime", "with_onnx", "onnx.txt", "onnx"),
    Contender("onnx_int8", "floor: ONNX Runtime, int8", "with_onnx", "onnx.txt", "int8"),
)  # fmt: skip
CONTENDERS = (FOOTNOTE, FAST, *PEERS, *FLOORS)


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python, what its packages take on disk, and their versions."""

    python: Path
    mib: float | None = None
    versions: Mapping[str, str] | None = None


def environment(title: str, requirements: str | None) -> Environment:
    """The environment of a requirement file, made on first use and kept in the user's cache folder.

    None is the environment that this runs in. Raises `InstallError` with pip's last lines.
    """
    if requirements is None:
        return Environment(Path(sys.executable))
    file = FOLDER / requirements
    digest = hashlib.sha256(file.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = user_cache_path("footnote") / "benchmarks" / f"{file.stem}-{digest}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / READY).is_file():
        print(f"Installing {title} in {folder} (minutes, once)", file=sys.stderr)
        _install(folder, python, file)
    facts = json.loads((folder / READY).read_text("utf-8"))
    return Environment(python, facts["mib"], facts["versions"])


def _install(folder: Path, python: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    variables = {name: v for name, v in os.environ.items() if name not in NOT_THEIRS}
    pip = [str(python), "-m", "pip"]
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, "install", *QUIETLY, "-r", str(requirements)],
    ):
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
            raise InstallError(f"{requirements.name} could not be installed in {folder}:\n{said}")
    listed = subprocess.run(
        [*pip, "list", "--format", "json"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    versions = {row["name"]: row["version"] for row in json.loads(listed.stdout)}
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    facts = {"mib": round(size / 2**20), "versions": versions}
    (folder / READY).write_text(json.dumps(facts), "utf-8")
