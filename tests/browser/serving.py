"""Serves the chat for a test: `python serving.py PORT DATA_DIR [--folder FOLDER] [--fake]`.

With `--fake` an assistant answers that counts shared words, for tests that need known sentences.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answers import Answer, Citation, Event, Hit
from assistant.chat import launch, serve, sweeping
from assistant.proof.citations import shown
from assistant.settings import Settings, seeds
from embeddings.catalog import CatalogPage, CatalogQuery
from embeddings.errors import QuestionError
from embeddings.records import Article, Passage

if TYPE_CHECKING:
    from assistant.chat.opening import Answerer

WORD = re.compile(r"\w{4,}")
SENTENCE = re.compile(r"[^\n]+")
"""A line is a sentence, whatever it holds."""
FIGURE = re.compile(r"\d[\d,]*\d|[*`<$].{4}")
"""The short answer of a line: its first number, or something that is hard to make bold."""
FORGET = re.compile(r"^session_timeout = \d+", re.MULTILINE)
ALL = "Show all lines"
CRASH = "Crash please"
SLOW = "Take your time"
SLOW_SECONDS = 3
HELD = "Hold the answer about the vehicles"
HALF = "How many vehicles did SAIC Ningde produce, told in halves?"
BROKEN = "How many vehicles did SAIC Ningde produce, told until it breaks?"
DRIP = "What do the articles say about Ningde, told slowly?"
DRIP_SENTENCES = 12
DRIP_SECONDS = 0.2
"""Between two sentences; longer than Chainlit and a page need to show one."""
COUNTED = (
    "WebsocketSession",
    "Replay",
    "Message",
    "Step",
    "Reply",
    "Keeping",
    "Exchange",
    "Answer",
)
"""Classes of what Chainlit and we keep of a page."""
RELEASED = Path("released")
TAKEN = Path("taken")
"""How many questions are answered or wait, as of the last that came."""
"""It is held until there is such a file in the data folder, where the server runs."""


class FakeAssistant:
    """Answers with the lines that share the most words with the question."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = {article.id: article for article in sorted(articles, key=lambda a: a.id)}

    @classmethod
    def of_folder(cls, folder: Path) -> FakeAssistant:
        return cls(
            [
                Article(id=path.name, text=text, title=text.strip().splitlines()[0].strip())
                for path in sorted(folder.glob("*.txt"))
                if (text := path.read_bytes().decode("utf-8"))
            ]
        )

    def article(self, article_id: str, sha256: str | None = None) -> Article:
        return self._articles[article_id]

    def known(self, article_id: str, sha256: str | None = None) -> Article | None:
        return self._articles.get(article_id)

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        articles = tuple(self._articles.values())
        return CatalogPage(articles, (), len(articles), 1, 1, 0)

    def close(self) -> None:
        pass

    def ask(
        self, question: str, history: Sequence[Mapping[str, str]] = (), **preferences: object
    ) -> Answer:
        answer = [event.answer for event in self.stream(question, history)][-1]
        assert answer is not None
        return answer

    def stream(
        self, question: str, history: Sequence[Mapping[str, str]] = (), **preferences: object
    ) -> Iterator[Event]:
        if not question.strip():
            raise QuestionError("the question is empty; type one")
        if question == CRASH:
            raise RuntimeError("secret detail")
        if question == SLOW:
            time.sleep(SLOW_SECONDS)
        standalone = question
        if history and re.search(r"\b(it|they|there)\b", question):
            standalone = f"{question} ({history[-2]['content']})"
        yield Event("resolved", text=standalone)
        if question == SLOW:
            time.sleep(SLOW_SECONDS)
        while question == HELD and not RELEASED.exists():
            time.sleep(0.05)
        passages = self._passages(standalone)
        hits = tuple(Hit(p, 1.0 / rank, rank) for rank, p in enumerate(passages[:5], start=1))
        yield Event("hits", hits=hits)
        most = {ALL: len(passages), DRIP: DRIP_SENTENCES}.get(question, 2)
        answering = passages[:most]
        if "no answer" in question:
            answering = []
        citations = tuple(self._citation(n, p) for n, p in enumerate(answering, start=1))
        yield Event("citations", citations=citations)
        sentences = [f"{shown(citation.quote)}[{citation.number}]" for citation in citations]
        if not sentences:
            sentences = ["The articles do not say this."]
        for sentence in sentences:
            yield Event("sentence", text=sentence)
            if question == DRIP:
                time.sleep(DRIP_SECONDS)
            if question == BROKEN:
                raise RuntimeError("secret detail")
            while question == HALF and not RELEASED.exists():
                time.sleep(0.05)
        yield Event(
            "answer",
            answer=Answer(
                question=question,
                standalone_question=standalone,
                text=" ".join(sentences),
                refusal=None if citations else "not_stated",
                confidence=0.9 if citations else 0.1,
                citations=citations,
                hits=hits,
            ),
        )

    def _passages(self, question: str) -> list[Passage]:
        wanted = set(WORD.findall(question.lower()))
        scored = []
        for article in self._articles.values():
            for match in SENTENCE.finditer(article.text):
                shared = len(wanted & set(WORD.findall(match[0].lower())))
                if shared or question == ALL:
                    scored.append((-shared, article.id, match.start(), match.end()))
        return [
            Passage(
                article_id=article_id,
                start=start,
                end=end,
                text=self.article(article_id).text[start:end],
                title=self.article(article_id).title,
                date=self.article(article_id).date,
            )
            for _, article_id, start, end in sorted(scored)
        ]

    def _citation(self, number: int, passage: Passage) -> Citation:
        article = self.article(passage.article_id)
        figure = FIGURE.search(passage.text)
        short = [passage.start + at for at in figure.span()] if figure else [None, None]
        return Citation(
            number=number,
            article_id=article.id,
            title=article.label,
            date=article.date,
            source=article.source,
            start=passage.start,
            end=passage.end,
            quote=passage.text,
            sha256=article.sha256,
            answer_start=short[0],
            answer_end=short[1],
        )


def forget_after(seconds: int) -> None:
    """Have a page that left forgotten after so long, in place of what the configuration says."""
    prepare = launch.prepare_runtime

    def prepared(data_dir: Path, port: int) -> Path:
        runtime = prepare(data_dir, port)
        path = runtime / ".chainlit" / "config.toml"
        text, changed = FORGET.subn(f"session_timeout = {seconds}", path.read_text("utf-8"))
        assert changed == 1
        path.write_text(text, "utf-8")
        return runtime

    launch.prepare_runtime = prepared


def sweep_after(seconds: float) -> None:
    """Have what is kept of sessions that are over dropped so often."""
    sweep = sweeping.sweep_chat_contexts
    sweeping.sweep_chat_contexts = lambda: sweep(seconds)  # type: ignore[assignment, misc]


def count_when_asked(path: Path) -> None:
    """At SIGUSR1, write how many objects of each of `COUNTED` are alive."""

    def count(*_: object) -> None:
        gc.collect()
        kinds = Counter(map(type, gc.get_objects()))
        names = Counter[str]()
        for kind, number in kinds.items():
            if str(kind.__module__).startswith(("assistant", "chainlit")):
                names[kind.__name__] += number
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps({name: names[name] for name in COUNTED}), "utf-8")
        unfinished.replace(path)

    signal.signal(signal.SIGUSR1, count)


def tell_places_taken() -> None:
    """Have the queue write into `TAKEN` whenever a question comes."""
    from assistant.chat.overload import FairQueue, Place

    join = FairQueue.join

    def told(queue: FairQueue, user: str) -> Place | None:
        place = join(queue, user)
        TAKEN.write_text(str(queue._admitted + sum(map(len, queue._waiting.values()))))
        return place

    FairQueue.join = told  # type: ignore[assignment, method-assign]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--history", default="on")
    parser.add_argument("--uploads", default="library")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--proxy-user-header")
    parser.add_argument("--session-seconds", type=int, help="how long a page that left is kept")
    parser.add_argument("--until", type=Path, help="opening takes until this file is there")
    parser.add_argument("--count", type=Path, help="where to write what SIGUSR1 asks for")
    given = parser.parse_args()
    settings = Settings(
        articles=given.folder,
        data_dir=given.data_dir,
        history=given.history == "on",
        uploads="off" if given.fake else given.uploads,
    )

    if given.session_seconds is not None:
        forget_after(given.session_seconds)
        sweep_after(given.session_seconds)
    tell_places_taken()
    if given.count is not None:
        count_when_asked(given.count)

    def open_assistant() -> Answerer:
        while given.until and not given.until.exists():
            time.sleep(0.05)
        if given.fake:
            return FakeAssistant.of_folder(given.folder or seeds())
        return launch.open_articles(settings)

    serve(
        settings,
        port=given.port,
        open_assistant=open_assistant,
        password_file=given.password_file,
        proxy_user_header=given.proxy_user_header,
    )


if __name__ == "__main__":
    main()
