"""Many users ask the real server at once, each with a secret of its own, while it indexes.

Every user speaks as the page does (Socket.IO, python-socketio's client) and is named as a proxy
would name it. In its questions, thus in its history and its list of conversations, it has a
canary: a word that nobody else may ever be sent. So has an article that it adds to its conversation
alone, thus the answers from it. Meanwhile `assistant index` adds articles for all.

    python -m benchmarks.chat_load --users 40 --turns 5 --json load.json
    python -m benchmarks.chat_load --users 200 --turns 20 --fake     # the serving alone

`--fake` puts an assistant in place that takes no time, so that the serving is what is measured; it
takes no articles.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.processes import ServerProcess, free_port, memory

__all__ = ["QUESTIONS", "Load", "Outcome", "User", "percentiles", "run_load"]

ROOT = Path(__file__).resolve().parent.parent
USER_HEADER = "X-Load-User"
CANARY = re.compile(r"canary[0-9a-f]{16}")
PATIENCE = 300.0
"""Seconds that an answer may take, on a machine that does other work too."""
AGAIN_SECONDS = (1.0, 4.0)
"""How long a user waits after "ask again in a few seconds"."""
NEW_ARTICLES = 20
INDEX_PAUSE = 5.0
QUESTIONS = (
    "How many vehicles did SAIC Ningde produce?",
    "What did the mayor of Ningde say about new energy?",
    "When was the article published, and who wrote it?",
    "Which company builds the batteries?",
    "What is the price of gold on the moon?",
)
PRIVATE_ARTICLE = "The viaduct {canary}\n\nThe viaduct {canary} is 412 metres long.\n"
PRIVATE_QUESTION = "How long is the viaduct {canary}?"
PRIVATE_ANSWER = "412 metres"


@dataclass(slots=True)
class Outcome:
    """What came of the questions of all users; seconds."""

    first_words: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    """How long it took to be told that too many are waiting."""
    errors: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    own_canaries: int = 0
    """How often somebody was sent their own: the check can see one."""
    private_asked: int = 0
    private_answered: int = 0
    """How often somebody asked about their own article, and was answered from it."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of the server."""

    users: int
    turns: int
    think: float
    """Mean seconds between an answer and the next question."""
    waves: int = 1
    private: bool = False
    """Whether each adds an article to its conversation, and asks about it every other time."""


class User:
    """One page of one user."""

    def __init__(
        self, url: str, name: str, outcome: Outcome, headers: Mapping[str, str] | None = None
    ) -> None:
        import socketio

        self.url, self.name, self.outcome = url, name, outcome
        self.headers = {"Origin": url, **(headers or {USER_HEADER: name})}
        """As whom it comes, and from which page."""
        self.session_id = str(uuid.uuid4())
        self.canary = f"canary{uuid.uuid4().hex[:16]}"
        self.answered = 0
        self._asked = self._first = 0.0
        self._said = ""
        self._running = 0
        self.begun = asyncio.Event()
        """Set once the server has taken the last question up."""
        self._done, self._closed, self._ready = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._replies: dict[str, str] = {}
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("*", self._note)
        self._socket.on("disconnect", self._close)
        self._socket.on("task_start", self._start)
        self._socket.on("task_end", self._end)

    async def connect(self) -> None:
        """Open the page's socket."""
        auth = {
            "clientType": "webapp", "sessionId": self.session_id, "threadId": "",
            "userEnv": "{}", "chatProfile": "Footnote",
        }  # fmt: skip
        await self._socket.connect(
            self.url, self.headers, auth, socketio_path="/ws/socket.io", wait_timeout=PATIENCE
        )
        await self._socket.emit("connection_successful")
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()

    async def ask(self, question: str, *, again: bool = True) -> None:
        """Ask until it is answered; who is told to ask again waits a little first, or leaves it."""
        from assistant.chat.overload import BUSY
        from assistant.chat.replies.escaping import escape

        busy = escape(BUSY)
        while not await self._once(question, busy) and again:
            await asyncio.sleep(random.uniform(*AGAIN_SECONDS))

    async def _once(self, question: str, busy: str) -> bool:
        self._done.clear()
        self.begun.clear()
        self._asked, self._first, self._said = time.perf_counter(), 0.0, ""
        await self._send(question)
        try:
            await asyncio.wait_for(self._done.wait(), PATIENCE)
        except TimeoutError:
            self.outcome.errors.append(f"no answer within {PATIENCE:.0f} s")
            return True
        whole = time.perf_counter() - self._asked
        if busy in self._said:
            self.outcome.refused.append(whole)
            return False
        if not self._first or "(error " in self._said or "went wrong" in self._said:
            self.outcome.errors.append(f"no answer, but {self._said[:200]!r}")
            return True
        self.answered += 1
        self.outcome.first_words.append(self._first - self._asked)
        self.outcome.whole.append(whole)
        return True

    async def _send(self, question: str) -> None:
        message = {"id": str(uuid.uuid4()), "type": "user_message", "name": self.name,
                   "output": question, "createdAt": ""}  # fmt: skip
        await self._socket.emit("client_message", {"message": message, "fileReferences": None})

    async def _note(self, event: str, *given: Any) -> None:
        self.check(json.dumps(given))
        content = given[0] if given else None
        if not isinstance(content, dict):
            return
        if event == "window_message" and content.get("footnote") == "ready":
            self._ready.set()
        words = ""
        if event in ("new_message", "update_message", "stream_start"):
            if content.get("type") == "assistant_message":
                words = content.get("output") or ""
                if words and event != "stream_start":
                    self._replies[content["id"]] = words
        elif event == "stream_token":
            words = content.get("token") or ""
        if words:
            self._said += words
            self._first = self._first or time.perf_counter()

    async def _close(self, *_: Any) -> None:
        self._closed.set()

    async def _start(self, *_: Any) -> None:
        self._running += 1
        self.begun.set()

    async def _end(self, *_: Any) -> None:
        # Chainlit says it twice for an answer, and once without one when a page connects.
        self._running = max(0, self._running - 1)
        if not self._running and self.begun.is_set():
            self._done.set()

    def check(self, sent: str) -> None:
        """Look for canaries in what the server sent."""
        found = set(CANARY.findall(sent))
        self.outcome.own_canaries += self.canary in found
        for other in found - {self.canary}:
            self.outcome.leaks.append(f"{self.name} was sent {other}: {sent[:300]}")

    async def add_article(self) -> None:
        """Add an article that this conversation alone is answered from."""
        import aiohttp

        text = PRIVATE_ARTICLE.format(canary=self.canary)
        query = {"session": self.session_id, "name": f"{self.name}.txt", "kept": "private"}
        async with aiohttp.ClientSession(headers=self.headers) as client:
            while True:
                async with client.post(f"{self.url}/uploads", params=query, data=text) as response:
                    said = await response.text()
                    self.check(said)
                if response.status not in (429, 503):
                    break
                await asyncio.sleep(random.uniform(*AGAIN_SECONDS))
        if response.status != 200 or json.loads(said)["state"] != "read":
            self.outcome.errors.append(f"the article was not added: {said[:200]}")

    async def ask_own(self) -> None:
        """Ask what only the article says that it has added."""
        answered = self.answered
        await self.ask(PRIVATE_QUESTION.format(canary=self.canary))
        if self.answered > answered:
            self.outcome.private_asked += 1
            self.outcome.private_answered += PRIVATE_ANSWER in self._said.replace("*", "")

    async def flood(self, question: str, times: int) -> int:
        """Ask so often without waiting; how many replies were none of "ask again"."""
        from assistant.chat.overload import BUSY
        from assistant.chat.replies.escaping import escape

        self._replies.clear()
        for _ in range(times):
            await self._send(question)
        async with asyncio.timeout(PATIENCE):
            while len(self._replies) < times:
                await asyncio.sleep(0.05)
        return sum(reply != escape(BUSY) for reply in self._replies.values())

    async def is_closed_by(self, question: str | None) -> bool:
        """Whether the server closes the socket, after a question or by itself."""
        if question is not None:
            await self._send(question)
        try:
            await asyncio.wait_for(self._closed.wait(), PATIENCE)
        except TimeoutError:
            return False
        return True

    async def list_conversations(self) -> int:
        """Look into its list of conversations, which has to be its own; how many there are."""
        import aiohttp

        body = {"pagination": {"first": 100}, "filter": {}}
        async with (
            aiohttp.ClientSession(headers=self.headers) as client,
            client.post(f"{self.url}/project/threads", json=body) as response,
        ):
            text = await response.text()
            if response.status != 200:
                self.outcome.errors.append(f"the list of conversations: {response.status}")
                return 0
            self.check(text)
            return len(json.loads(text)["data"])

    async def leave(self, say_so: bool) -> None:
        """Close the page; with a word, as "New chat" does, or without, as a closed tab does."""
        if say_so:
            await self._socket.emit("clear_session")
        await self._socket.disconnect()


async def run_load(url: str, load: Load, wave: int = 0) -> Outcome:
    """All users ask all their questions; what came of it."""
    outcome = Outcome()
    users = [User(url, f"user-{wave}-{number}", outcome) for number in range(load.users)]
    await asyncio.gather(*(_visit(user, load, number) for number, user in enumerate(users)))
    return outcome


async def _visit(user: User, load: Load, number: int) -> None:
    chance = random.Random(number)
    try:
        await asyncio.sleep(chance.uniform(0, load.think))
        await user.connect()
        if load.private:
            await user.add_article()
        for turn in range(load.turns):
            question = QUESTIONS[(number + turn) % len(QUESTIONS)]
            # The canary is in the first question, which names the conversation, and in others.
            if turn % 2 == 0:
                await user.ask(f"{question} {user.canary}")
            elif load.private:
                await user.ask_own()
            else:
                await user.ask(question)
            await asyncio.sleep(chance.expovariate(1 / load.think) if load.think else 0)
        if not await user.list_conversations():
            user.outcome.errors.append("the conversation is not in the list")
        await user.leave(say_so=number % 2 == 0)
    except Exception as error:
        user.outcome.errors.append(f"{user.name}: {error!r}")


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile and the longest, by the nearest rank."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    ranks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "longest": 1.0}
    return {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
        for name, share in ranks.items()
    }


class Indexing:
    """`assistant index`, again and again, each time with more articles."""

    def __init__(self, articles: Path, data: Path) -> None:
        self._articles, self._data = articles, data
        self.runs = self.added = self.failed = 0

    async def go_on(self) -> None:
        """Until it is cancelled."""
        command = [sys.executable, "-m", "assistant", "index", str(self._articles),
                   "--data-dir", str(self._data)]  # fmt: skip
        while True:
            for number in range(self.added, self.added + NEW_ARTICLES):
                text = f"Bulletin {number}\n\nThe harbour of bay {number} was dredged in May.\n"
                (self._articles / f"bulletin-{number}.txt").write_text(text, "utf-8")
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                self.failed += await process.wait() != 0
            except asyncio.CancelledError:
                process.terminate()
                await process.wait()
                raise
            self.runs, self.added = self.runs + 1, self.added + NEW_ARTICLES
            await asyncio.sleep(INDEX_PAUSE)


async def measure(server: ServerProcess, load: Load, indexing: Indexing, rest: float) -> Any:
    """Idle figures, then each wave of users, and the memory before, during and after."""
    idle = await run_load(server.url, Load(1, 4 * len(QUESTIONS), 0.0), wave=-1)
    before = server.memory()
    peak = [before.rss]
    watching = asyncio.create_task(_watch(server.process.pid, peak))
    adding = asyncio.create_task(indexing.go_on())
    waves, began = [], time.perf_counter()
    for wave in range(load.waves):
        start = time.perf_counter()
        outcome = await run_load(server.url, load, wave)
        seconds = time.perf_counter() - start
        if wave == load.waves - 1:
            await _ended(adding)
        await asyncio.sleep(rest)
        waves.append({**told(outcome), "seconds": round(seconds, 1),
                      "questions": load.users * load.turns,
                      "after_they_left": asdict(server.memory())})  # fmt: skip
    await _ended(watching)
    return {
        "users": load.users, "turns": load.turns, "think_seconds": load.think,
        "idle": told(idle), "waves": waves, "seconds": round(time.perf_counter() - began),
        "memory_before": asdict(before), "rss_peak": max(peak), "rested_seconds": rest,
        "index_runs": indexing.runs, "articles_added": indexing.added,
        "index_failures": indexing.failed,
        "cores": os.cpu_count(), "python": platform.python_version(),
    }  # fmt: skip


def told(outcome: Outcome) -> dict[str, Any]:
    """The figures of an outcome."""
    return {
        "answered": len(outcome.whole),
        "leaked_canaries": len(outcome.leaks),
        "own_canaries_seen": outcome.own_canaries,
        "private_articles_asked": outcome.private_asked,
        "answered_from_them": outcome.private_answered,
        "errors": len(outcome.errors),
        "told_to_ask_again": len(outcome.refused),
        "first_words": percentiles(outcome.first_words),
        "whole_answer": percentiles(outcome.whole),
        "refusal": percentiles(outcome.refused),
        "what_went_wrong": sorted(set(outcome.errors + outcome.leaks))[:10],
    }


async def _watch(pid: int, peak: list[float]) -> None:
    while True:
        await asyncio.sleep(1)
        peak.append(memory(pid).rss)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[ServerProcess, Indexing]]:
    """The chat over a copy of the articles that come with Footnote, indexed before."""
    articles, data = folder / "articles", folder / "data"
    shutil.copytree(ROOT / "seeds", articles)
    subprocess.run(
        [sys.executable, "-m", "assistant", "index", str(articles), "--data-dir", str(data)],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    port = free_port()
    server = ServerProcess(
        [sys.executable, str(ROOT / "tests" / "browser" / "serving.py"), str(port), str(data),
         "--folder", str(articles), "--proxy-user-header", USER_HEADER, *options],
        port, folder / "server.log", PYTHONPATH=str(ROOT),
    )  # fmt: skip
    server.wait()
    try:
        yield server, Indexing(articles, data)
    finally:
        if server.process.poll() is None:
            server.stop()
        print(server.log.read_text("utf-8")[-2000:], file=sys.stderr)


def main() -> None:
    """Run the load and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--think", type=float, default=5.0, help="mean seconds between questions")
    parser.add_argument("--waves", type=int, default=2, help="how often such users come and leave")
    parser.add_argument("--fake", action="store_true", help="an assistant that takes no time")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    private = not options.fake
    load = Load(options.users, options.turns, options.think, options.waves, private)
    forget = 20
    arguments = ["--session-seconds", str(forget), *(["--fake"] if options.fake else [])]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), *arguments) as made:
        figures = asyncio.run(measure(*(made[0], load, made[1]), rest=forget + 70.0))
    figures["assistant"] = "fake" if options.fake else "real"
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def show(figures: Mapping[str, Any]) -> None:
    """The figures, as text."""
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
