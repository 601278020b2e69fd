"""How long until the first answer, in a fresh process; beside what it would cost with torch.

Every round runs each command once, in turn, so that all meet the same machine; the table
shows the median of the rounds. Nothing is written but a temporary data folder.

    python benchmarks/first_answer.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "How many vehicles did SAIC Ningde produce?"
PYTHON = sys.executable
COMMANDS = {
    "an empty Python": [PYTHON, "-c", "pass"],
    "import assistant": [PYTHON, "-c", "import assistant"],
    "assistant --help": [PYTHON, "-m", "assistant", "--help"],
    "assistant ask …": [PYTHON, "-m", "assistant", "ask", QUESTION],
    "import sentence_transformers": [PYTHON, "-c", "import sentence_transformers"],
}


def main() -> None:
    """Index the five articles once, time every command, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each command (default: 5)")
    rounds = max(1, parser.parse_args().rounds)
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: v for name, v in os.environ.items() if "FOOTNOTE_" not in name}
        environment |= {
            "FOOTNOTE_DATA_DIR": str(Path(folder) / "data"),
            "FOOTNOTE_ARTICLES": str(ROOT / "seeds"),
        }
        print("Indexing the five articles and warming the disk cache …", file=sys.stderr)
        for command in COMMANDS.values():
            seconds(command, environment)
        measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                measured[name].append(seconds(command, environment))
    report(measured)


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Wall-clock seconds of one fresh process; it must succeed."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def report(measured: dict[str, list[float]]) -> None:
    """One line for each command: median, least and most seconds."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; seconds, fresh process")
    print(f"{'':30}{'median':>8}{'least':>8}{'most':>8}")
    for name, times in measured.items():
        median = statistics.median(times)
        print(f"{name:30}{median:8.2f}{min(times):8.2f}{max(times):8.2f}")


if __name__ == "__main__":
    main()
