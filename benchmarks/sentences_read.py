"""How often the reader gets to read what answers: `python -m benchmarks.sentences_read [SET ...]`.

The reader reads SENTENCES_READ sentences of the PASSAGES_READ best passages. For the questions of
each set that rest on quotes, the share of these quotes of which a sentence is among those read, and
the milliseconds that the retrieval and the reading of a question take. `--read 24/12` tries other
numbers: 24 sentences of 12 passages.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant import Assistant
from assistant.reading import reader
from assistant.retrieval.retriever import retrieve
from assistant.understanding.conversation import stand_alone
from eval.questions import Evidence, Question, load
from eval.sets import SETS, load_sets

Place = tuple[str, int, int]
"""An article, and the first and last character of a sentence in it."""


def main() -> None:
    """Print a row for each set and each pair of numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="*", help="names of eval/sets.toml; all when none is given")
    parser.add_argument("--read", action="append", metavar="SENTENCES/PASSAGES")
    parser.add_argument("--data-dir", type=Path, help="with the articles indexed; saves a minute")
    options = parser.parse_args()
    now = f"{reader.SENTENCES_READ}/{reader.PASSAGES_READ}"
    numbers = [tuple(map(int, one.split("/"))) for one in options.read or [now]]
    print("| set | quotes | sentences of passages | read | ms a question |\n|---|---|---|---|---|")
    for one in load_sets(SETS):
        if options.sets and one.name not in options.sets:
            continue
        questions = [q for q in load(one.questions) if q.evidence and q.kind != "digest"]
        with Assistant.open(one.articles, data_dir=options.data_dir) as assistant:
            for sentences, passages in numbers:
                reader.SENTENCES_READ, reader.PASSAGES_READ = sentences, passages
                shares, took = zip(*_measured(assistant, questions), strict=True)
                print(
                    f"| {one.name} | {sum(len(q.evidence) for q in questions)} "
                    f"| {sentences} of {passages} | {statistics.mean(shares):.3f} "
                    f"| {1000 * statistics.median(took):.0f} |"
                )


def _measured(assistant: Assistant, questions: Sequence[Question]) -> Iterator[tuple[float, float]]:
    """For each question the share of its quotes that are read, and the seconds it took."""
    index, encoder = assistant._current_index(), assistant._encoder()
    for question in questions:
        history = [{"role": turn.role, "content": turn.content} for turn in question.history]
        asked = stand_alone(question.question, history)
        began = time.perf_counter()
        found = retrieve(
            asked, reader.PASSAGES_READ, index, encoder, assistant._corpus, assistant._synonyms
        )
        read = reader.weigh(found, reader.setting_of(found, index), assistant._corpus.article)
        took = time.perf_counter() - began
        places = [(one.article_id, one.start, one.end) for one in read]
        stated = [_is_among(evidence, places, assistant) for evidence in question.evidence]
        yield sum(stated) / len(stated), took


def _is_among(evidence: Evidence, places: Sequence[Place], assistant: Assistant) -> bool:
    for quote in evidence.places:
        start = assistant.article(quote.article_id).text.index(quote.quote)
        if any(
            article_id == quote.article_id and first < start + len(quote.quote) and start < last
            for article_id, first, last in places
        ):
            return True
    return False


if __name__ == "__main__":
    main()
