"""How many questions are refused whose article is missing, or does not say: measured as fitted.

    python benchmarks/off_topic.py [--data-dir DIR]

Questions of news and of documents that the reader has not seen, asked of all articles and of all
but those they are about; of the documents those that the decision was not fitted on. The share that
is refused is printed as Markdown. Some minutes on two cores.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from assistant.reading.reader import Calibration
from assistant.settings import Settings
from eval.calibrate import WRITTEN, Case, confidence_of, documents, news
from eval.intervals import Figure, figure
from eval.tables import markdown_table

KINDS = {
    "answerable": "stated",
    "adversarial": "not stated by its article",
    "removed": "the article is missing",
}


def refused(cases: list[Case], calibration: Calibration) -> dict[str, Figure]:
    """The share refused of each kind."""
    shares: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        shares[case.kind].append(
            float(confidence_of(case, calibration) < calibration.least_confidence)
        )
    return {kind: figure(shares[kind]) for kind in KINDS}


def main() -> None:
    """Ask them all, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Settings().data_dir, help="of the encoder")
    data = parser.parse_args().data_dir
    calibration = Calibration.load()
    asked = {
        "documents": documents(WRITTEN / "documents.jsonl", data, fitted=False, verbose=True),
        "news": news(WRITTEN / "news.jsonl", data, verbose=True),
    }
    rows = []
    for name, cases in asked.items():
        for kind, share in refused(cases, calibration).items():
            assert share.value is not None
            interval = f"{share.value:.3f} ({share.low:.3f}–{share.high:.3f})"
            rows.append([name, KINDS[kind], interval, str(share.n)])
    print("\n".join(markdown_table(["", "what is asked", "refused", "n"], rows)))


if __name__ == "__main__":
    main()
