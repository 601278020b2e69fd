"""One request to an OpenAI-compatible endpoint, by the `openai` client.

Only a request that is being made imports this module. What comes is counted and bounded, redirects
are not followed, nothing of the environment but its proxies is used, and every error is an
`EndpointError` whose words hold nothing of the request.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx2
import openai

from assistant.llm.endpoint import EndpointError
from assistant.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from assistant.llm.endpoint import Message
    from assistant.settings import Settings

__all__ = ["Completion"]

RETRIES = 1
"""Of the client, before the first byte: a second try mends most of what can be mended."""
LONGEST_WAIT_SECONDS = 2
"""A server that wants more patience before the next try gets none: there is a local answer."""
CONNECT_SECONDS = 5.0
MOST_TOKENS = 16_000
"""Thinking included, which servers count too: more than most models write in a minute. The
answer itself is bounded where it is proven."""
MOST_CHARACTERS = 120_000
"""Of text, thinking included: more than `MOST_TOKENS` hold."""
MOST_BYTES = 16_000_000
"""Of a response. Each token comes in some 200 bytes of JSON; in 600, where it says more of it."""
SEED = 20240101
STEADY = {"stream_options": {"include_usage": True}, "temperature": 0, "seed": SEED}
PARAMETERS: tuple[Mapping[str, Any], ...] = ({**STEADY, "max_tokens": MOST_TOKENS}, STEADY, {})
"""What is asked for besides; where an endpoint refuses it, with the next: many take no more tokens
than their model has room for."""
UNREADABLE = say("sent something that is no answer")
NEEDS_SOCKS = say(
    "could not be reached (the environment names a SOCKS proxy, which needs a package more: "
    "{command}; or unset ALL_PROXY for Footnote)",
    command="pip install 'httpx2[socks]'",
)
UNKNOWN_PROXY = say(
    "could not be reached (the environment names a proxy that is none of http://, https:// and "
    "socks5://; set another, or unset ALL_PROXY for Footnote)"
)


class Completion:
    """One request and its answer, read once."""

    def __init__(
        self,
        settings: Settings,
        messages: Sequence[Message],
        deadline: float,
        stopped: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._messages = messages
        self._deadline = deadline
        self._stopped = stopped
        self._sockets: list[socket.socket] = []
        self._begun = False
        self.tokens: tuple[int | None, int | None] = (None, None)
        """Tokens of the prompt and of the answer, as far as the endpoint has said."""

    def pieces(self) -> Iterator[str]:
        """The text, piece by piece; raises `EndpointError`."""
        try:
            with self._http() as http:
                yield from self._pieces(self._client(http))
        except EndpointError:
            raise
        except Exception as error:  # what comes from outside can break a client in any way
            raise _explained(error, self._begun) from None

    def close(self) -> None:
        """End the connection, from any thread: whoever reads from it is woken, and lets go of it.

        To close a socket that another thread reads from would neither wake it nor tell the server.
        """
        for each in tuple(self._sockets):
            with contextlib.suppress(OSError):
                # Not of a subclass: that of TLS would send the rest as plain text.
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def _pieces(self, client: openai.OpenAI) -> Iterator[str]:
        finished, length = False, 0
        for chunk in self._chunks(client):
            self._begun = True
            if self._stopped():
                return
            self._count(chunk)
            text, reason = _content(chunk)
            if text:
                yield text
            length += len(text)
            if length > MOST_CHARACTERS or reason in ("length", "content_filter"):
                raise EndpointError(say("was cut off"))
            finished = finished or reason is not None
        if not finished:
            raise EndpointError(say("was cut off") if length else UNREADABLE)

    def _chunks(self, client: openai.OpenAI) -> Iterator[Any]:
        """The chunks of the stream. An endpoint that knows fewer parameters is asked with fewer."""
        create: Any = client.chat.completions.create
        asked = {"model": self._settings.llm_model or "", "messages": list(self._messages)}
        *more, least = PARAMETERS
        for parameters in more:
            try:
                yield from create(**asked, **parameters, stream=True)
                return
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                continue
        yield from create(**asked, **least, stream=True)

    def _http(self) -> httpx2.Client:
        """The client of the connection; it takes proxies from the environment, or fails to."""
        try:
            return httpx2.Client(
                follow_redirects=False,
                event_hooks={"request": [self._prepare], "response": [self._bound]},
            )
        except ImportError:  # a proxy's address may hold a password, and is told nowhere
            raise EndpointError(NEEDS_SOCKS) from None
        except Exception:
            raise EndpointError(UNKNOWN_PROXY) from None

    def _client(self, http: httpx2.Client) -> openai.OpenAI:
        key = self._settings.llm_key
        left = max(0.1, self._deadline - time.monotonic())
        return openai.OpenAI(
            base_url=self._settings.llm_url,
            # Never None: the client would send here what the environment holds for elsewhere.
            api_key=key.get_secret_value() if key else "none",
            organization="",
            project="",
            timeout=openai.Timeout(left, connect=min(CONNECT_SECONDS, left)),
            max_retries=RETRIES,
            http_client=http,
        )

    def _prepare(self, request: httpx2.Request) -> None:
        """Before each try: is an answer still wanted? And nothing that the operator has not set."""
        if self._stopped() or time.monotonic() > self._deadline:
            raise EndpointError(say("took too long"))
        request.extensions["trace"] = self._connected
        for name in ("openai-organization", "openai-project"):
            request.headers.pop(name, None)
        if self._settings.llm_key is None:
            request.headers.pop("authorization", None)
        # What is counted is then what there is.
        request.headers["accept-encoding"] = "identity"

    def _connected(self, event: str, told: Mapping[str, Any]) -> None:
        """Keep each socket that is made, so that it can be ended from outside."""
        stream: Any = told.get("return_value")
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._sockets.append(stream.get_extra_info("socket"))
            if self._stopped():  # meanwhile
                self.close()

    def _bound(self, response: httpx2.Response) -> None:
        """Bound what comes, and wait for no second try that lies far off."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EndpointError(UNREADABLE)
        wait = response.headers.get("retry-after", "0")
        if not wait.isdigit() or int(wait) > LONGEST_WAIT_SECONDS:
            response.headers["x-should-retry"] = "false"
            response.headers.pop("retry-after-ms", None)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Bounded(response.stream, self._stopped)

    def _count(self, chunk: Any) -> None:
        usage = getattr(chunk, "usage", None)
        prompt = getattr(usage, "prompt_tokens", None)
        completion = getattr(usage, "completion_tokens", None)
        if _is_count(prompt) and _is_count(completion):
            self.tokens = (prompt, completion)


class _Bounded(httpx2.SyncByteStream):
    """The bytes of a response, up to `MOST_BYTES`."""

    def __init__(self, stream: httpx2.SyncByteStream, stopped: Callable[[], bool]) -> None:
        self._stream = stream
        self._stopped = stopped

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for part in self._stream:
            length += len(part)
            if length > MOST_BYTES or self._stopped():
                raise EndpointError(say("sent far too much"))
            yield part

    def close(self) -> None:
        self._stream.close()


def _content(chunk: Any) -> tuple[str, str | None]:
    """A chunk's text, and why it is the last, if it is; whatever else it may hold is left."""
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list):
        raise EndpointError(UNREADABLE)
    if not choices:
        return "", None
    text = getattr(getattr(choices[0], "delta", None), "content", None)
    reason = getattr(choices[0], "finish_reason", None)
    if not isinstance(text, str | None) or not isinstance(reason, str | None):
        raise EndpointError(UNREADABLE)
    return text or "", reason


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _explained(error: Exception, begun: bool) -> EndpointError:
    """What an error of the client means."""
    if isinstance(error, openai.APIStatusError):
        return EndpointError(_said_by_status(error.status_code))
    if isinstance(error, openai.APITimeoutError):
        return EndpointError(say("took too long"))
    if isinstance(error, openai.APIConnectionError):
        return EndpointError(say("was cut off") if begun else say("could not be reached"))
    if isinstance(error, openai.APIError):  # an error in the stream
        return EndpointError(say("failed"))
    return EndpointError(UNREADABLE)


def _said_by_status(status: int) -> str:
    if status in (401, 403):
        return say("refused the key")
    if status == 429:
        return say("is rate-limited")
    if status < 400:
        return say("sends elsewhere, which is not followed (HTTP {status})", status=status)
    if status >= 500:
        return say("failed (HTTP {status})", status=status)
    return say("refused the request (HTTP {status})", status=status)
