"""A language model behind an OpenAI-compatible endpoint: its text as it comes, within limits.

The endpoint is a machine that may be anything: down, slow, broken, or not what it says. A thread
reads from it (`assistant.llm.completion`), so that nobody waits longer than `llm_timeout`, and
whatever goes wrong is one `EndpointError` with its reason.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING

from assistant.wording import say
from embeddings.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from assistant.llm.completion import Completion
    from assistant.settings import Settings

__all__ = ["Endpoint", "EndpointError", "Message", "Spent", "Stopped"]

Message = dict[str, str]
"""`role` ("system" or "user") and `content`."""

MOST_QUEUED = 256
LOOK_SECONDS = 0.1
"""How often it is looked whether anybody still waits, while nothing comes."""
LONGEST_PIECE = 200
"""Characters that are given between two looks at the time: proving them takes some, too."""


class EndpointError(Exception):
    """The language model gave no answer, or not all of one; the message says what it did.

    Never leaves `assistant.llm.composing`, which turns it into a note.
    """


class Stopped(Exception):
    """Nobody waits for the answer any more. Never leaves `assistant.llm.composing`, either."""


@dataclass(slots=True)
class Spent:
    """What one answer took, filled in while it is written."""

    seconds: float = 0.0
    first_token_seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the language model is, as the operator has set it. Its key is in no repr."""

    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> Endpoint | None:
        """The settings' endpoint, or None when none is set.

        Raises `SettingsError` when the client for it is not installed.
        """
        if settings.llm_url is None:
            return None
        from importlib.util import find_spec

        if find_spec("openai") is None:
            raise SettingsError(
                say(
                    "llm_url is set, but the client for it is not installed; install it with: "
                    "{command}, or unset llm_url",
                    command="pip install -e '.[llm]'",
                )
            )
        return cls(settings)

    @property
    def model(self) -> str:
        """The model's name, as the endpoint knows it."""
        assert self.settings.llm_model is not None
        return self.settings.llm_model

    def write(
        self, messages: Sequence[Message], spent: Spent, stop: Callable[[], bool]
    ) -> Generator[str]:
        """What the model writes, piece by piece; raises `EndpointError`, or `Stopped`.

        Takes at most `llm_timeout` seconds, whatever the endpoint does. Closing the iterator
        closes the connection; so does `stop` once it says so. It is asked also while nothing comes.
        """
        began = time.monotonic()
        reading = _Reading(self.settings, messages, began + self.settings.llm_timeout, stop)
        try:
            with closing(reading.pieces()) as pieces:
                for piece in pieces:
                    if spent.first_token_seconds is None:
                        spent.first_token_seconds = time.monotonic() - began
                    yield piece
        finally:
            spent.seconds = time.monotonic() - began
            spent.prompt_tokens, spent.completion_tokens = reading.tokens

    def cost(self, spent: Spent) -> float | None:
        """What it cost, in the currency of the settings' prices; None when that is unknown."""
        total = None
        for price, tokens in (
            (self.settings.llm_prompt_price, spent.prompt_tokens),
            (self.settings.llm_completion_price, spent.completion_tokens),
        ):
            if price is None:
                continue
            if tokens is None:
                return None
            total = (total or 0.0) + price * tokens / 1_000_000
        return total


class _Reading:
    """One request, read by a thread of its own into a queue."""

    def __init__(
        self,
        settings: Settings,
        messages: Sequence[Message],
        deadline: float,
        stop: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._messages = messages
        self._deadline = deadline
        self._stop = stop
        self._queue: Queue[str | EndpointError | None] = Queue(MOST_QUEUED)
        self._stopped = threading.Event()
        self._completion: Completion | None = None

    @property
    def tokens(self) -> tuple[int | None, int | None]:
        """Tokens of the prompt and of the answer, as far as the endpoint has said."""
        return self._completion.tokens if self._completion else (None, None)

    def pieces(self) -> Generator[str]:
        """The pieces in order; raises as `write`. Closing it lets go of the connection."""
        threading.Thread(target=self._run, name="footnote-llm", daemon=True).start()
        try:
            while (item := self._next()) is not None:
                if isinstance(item, EndpointError):
                    raise item
                for start in range(0, len(item), LONGEST_PIECE):
                    self._left()
                    yield item[start : start + LONGEST_PIECE]
        finally:
            self._stopped.set()
            if self._completion is not None:
                self._completion.close()

    def _next(self) -> str | EndpointError | None:
        while True:
            try:
                return self._queue.get(timeout=min(self._left(), LOOK_SECONDS))
            except Empty:
                continue

    def _left(self) -> float:
        """Seconds until the deadline; raises when it is over, or nobody waits any more."""
        if self._stop():
            raise Stopped
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise EndpointError(say("took too long"))
        return left

    def _run(self) -> None:
        """Read until the end, the limits or `stop`; the last item says how it ended."""
        try:
            from assistant.llm.completion import Completion

            self._completion = Completion(
                self._settings, self._messages, self._deadline, self._stopped.is_set
            )
            for piece in self._completion.pieces():
                self._put(piece)
            self._put(None)
        except EndpointError as error:
            self._put(error)
        except Exception:  # a client that cannot be loaded: who waits is to know at once
            self._put(EndpointError(say("failed")))

    def _put(self, item: str | EndpointError | None) -> None:
        while not self._stopped.is_set():
            try:
                return self._queue.put(item, timeout=0.1)
            except Full:
                continue
