"""What a run was made with, and what it took."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import Any

__all__ = ["models_of", "peak_memory_mb", "took"]

DIGITS = 16
MEGABYTE = 1 << 20


def models_of(articles: Path, data_dir: Path | None) -> dict[str, str]:
    """Each part that makes the answers, and what tells it from another of its kind."""
    from assistant.reading.reader import CALIBRATION_FILE
    from assistant.settings import Settings
    from embeddings.encoder import exported_card
    from embeddings.reader_model import FOLDER

    settings = Settings(articles=articles, data_dir=data_dir)
    card = exported_card(settings.encoder, settings.resolved_data_dir())
    return {
        "encoder": card.fingerprint if card else settings.encoder,
        "reader": _digest(FOLDER / "model.onnx", FOLDER / "reader.json"),
        "calibration": _digest(CALIBRATION_FILE),
        **({"language_model": settings.llm_model} if settings.llm_model else {}),
    }


def peak_memory_mb() -> float | None:
    """The most memory this process held at once, resident, in 2²⁰ bytes; None where none tells."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / MEGABYTE


def took(seconds: float) -> dict[str, Any]:
    """What a run took, and of which machine: differs from run to run."""
    peak = peak_memory_mb()
    return {
        "seconds": round(seconds, 1),
        "peak_memory_mb": None if peak is None else round(peak, 1),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]
