"""Footnote itself, by the same protocol, and two steps more.

- `answer`: ask each question of GIVEN as `ask` does, with the time that every stage took.
- `export`: put the encoder into STORE, as the first start on a machine does.

`cold` gives a whole proven answer where the others give passages. WEIGHTS says which of its own
encoders is asked for, `fast` or the default: the model comes with Footnote. Loading it is part of
`open`, and of the seconds of `ingest`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.peers.protocol import HITS, Found, serve, speak


class Footnote:
    """As the README has it."""

    def __init__(self, articles: Path, store: Path, weights: Path) -> None:
        if weights.name == "fast":
            os.environ["FOOTNOTE_ENCODER"] = weights.name
        import assistant

        self.assistant_class = assistant.Assistant
        self.articles, self.store = articles, store

    def ingest(self) -> Iterator[str]:
        """Index the folder."""
        from embeddings.splitting import split_article

        with self.assistant_class.open(self.articles, data_dir=self.store) as opened:
            articles = opened.articles()
        passages = (passage for article in articles for passage in split_article(article))
        return (passage.text for passage in passages)

    def open(self) -> None:
        """Open the folder, which has not changed."""
        self.opened = self.assistant_class.open(self.articles, data_dir=self.store)

    def search(self, question: str) -> list[Found]:
        """The passages that an answer would be made from."""
        hits = [hit.passage for hit in self.opened.retrieve(question, HITS)]
        return [Found(passage.article_id, passage.text, passage.start) for passage in hits]


class Answering(Footnote):
    """The same, but what is asked is answered."""

    def search(self, question: str) -> list[Found]:
        """The passages that were cited."""
        answer = self.opened.ask(question)
        return [Found(each.article_id, each.quote, each.start) for each in answer.citations]


def answer(articles: Path, store: Path, questions: Sequence[str]) -> None:
    """Milliseconds of each answer, whole, by stage, and of processor."""
    from assistant import Assistant

    whole: list[float] = []
    cpu: list[float] = []
    stages: list[dict[str, float]] = []
    with Assistant.open(articles, data_dir=store) as opened:
        opened.ask(questions[-1])
        for question in questions:
            began, used = time.perf_counter(), time.process_time()
            given = opened.ask(question, explain=True)
            whole.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - used))
            assert given.explanation is not None
            stages.append(dict(given.explanation.timings_ms))
    speak(os.dup(1), {"step": "answer", "ms": whole, "cpu_ms": cpu, "stages": stages})


def export(store: Path, floors: Path) -> None:
    """Make the encoders' ONNX files in `store`, and that of the published weights in `floors`.

    The seconds are those of the default encoder.
    """
    from embeddings.encoder import DEFAULT_ENCODER, FAST, MINILM, load_encoder

    began = time.perf_counter()
    load_encoder(DEFAULT_ENCODER, store)
    seconds = time.perf_counter() - began
    load_encoder(FAST, store)
    load_encoder(MINILM, floors)
    speak(os.dup(1), {"step": "export", "seconds": seconds})


if __name__ == "__main__":
    if sys.argv[1] == "answer":
        answer(Path(sys.argv[2]), Path(sys.argv[3]), json.loads(Path(sys.argv[5]).read_text()))
    elif sys.argv[1] == "export":
        export(Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        serve(Answering if sys.argv[1] == "cold" else Footnote)
