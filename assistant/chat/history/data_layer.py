"""Chainlit's view of the history: lists, owners, names and ratings.

What it would store by itself (every step and element, as the browser showed it) is not kept:
the app keeps questions and answers, and shows them anew when a conversation is opened again, so
that its citations are proven again. See docs/decisions/0018.

Chainlit names the user of a request nowhere but in `get_user`, which it calls for every request
and every socket that it authenticates; a rating, for one, comes without. So that call is
remembered for the rest of the request, and each access below is that user's.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from chainlit.data.base import BaseDataLayer  # noqa: TID253 (only the running app imports this)
from chainlit.types import PageInfo, PaginatedResponse  # noqa: TID253
from chainlit.user import PersistedUser  # noqa: TID253

from assistant.chat.history.other_pages import list_again
from assistant.wording import say
from embeddings.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chainlit.element import Element, ElementDict
    from chainlit.session import BaseSession
    from chainlit.step import StepDict
    from chainlit.types import Feedback, Pagination, ThreadDict, ThreadFilter
    from chainlit.user import User

    from assistant.chat.history.store import Conversation, History

__all__ = ["HistoryLayer", "thread_of"]

MOST_SHOWN = 200
"""Exchanges of a conversation that the browser shows again: the last ones."""
EPOCH = "1970-01-01T00:00:00Z"

_acting: ContextVar[str] = ContextVar("acting")


class HistoryLayer(BaseDataLayer):
    """`History` as Chainlit asks for it. SQLite works in threads, not in the event loop."""

    def __init__(self, history: History, forget: Callable[[str], None]) -> None:
        """`forget` deletes what else belongs to a conversation, by its id."""
        self._history = history
        self._forget = forget

    def _user(self) -> str:
        """Who is asking; raises `CorpusError` where nobody is logged in."""
        page = _page()
        user = page.user if page else None
        name = user.identifier if user else _acting.get("")
        if not name:
            raise CorpusError(say("nobody is logged in"))
        return name

    async def get_user(self, identifier: str) -> PersistedUser:
        """Every user whom the login lets in is one; nothing is kept of them."""
        _acting.set(identifier)
        return PersistedUser(id=identifier, createdAt=EPOCH, identifier=identifier)

    async def create_user(self, user: User) -> PersistedUser:
        """The same."""
        return await self.get_user(user.identifier)

    async def list_threads(
        self, pagination: Pagination, filters: ThreadFilter
    ) -> PaginatedResponse[ThreadDict]:
        """A page of the user's own conversations, whatever user the filter names."""
        liked = None if filters.feedback is None else bool(filters.feedback)
        page = await asyncio.to_thread(
            self._history.page,
            self._user(),
            pagination.first,
            pagination.cursor,
            search=filters.search or "",
            liked=liked,
        )
        more = page.cursor is not None
        info = PageInfo(hasNextPage=more, startCursor=None, endCursor=page.cursor)
        return PaginatedResponse(
            pageInfo=info, data=[thread_of(each) for each in page.conversations]
        )

    async def get_thread_author(self, thread_id: str) -> str:
        """The user, if the conversation is theirs; else nobody, as for one that is not there."""
        user = self._user()
        owner = await asyncio.to_thread(self._history.owner, thread_id)
        return user if owner == user else ""

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """The conversation without its exchanges, which the app adds when it shows them.

        Of another's only the owner's name is told, by which Chainlit refuses it.
        """
        user = self._user()
        found = await asyncio.to_thread(self._history.conversation, user, thread_id, 0)
        if found is not None:
            return thread_of(found)
        owner = await asyncio.to_thread(self._history.owner, thread_id)
        if owner is None:
            return None
        return {**_NOTHING, "id": thread_id, "userId": owner, "userIdentifier": owner}

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Begin a conversation, or give it a name. What a session remembers is not kept."""
        user = self._user()
        if name is None:
            return
        if user_id is not None:
            await asyncio.to_thread(self._history.start, user, thread_id, name)
        else:
            await asyncio.to_thread(self._history.rename, user, thread_id, name)
        await asyncio.gather(*list_again(user, _page()))

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a conversation, with all that belongs to it."""
        user = self._user()
        if await asyncio.to_thread(self._history.delete, user, thread_id):
            await asyncio.to_thread(self._forget, thread_id)
            await asyncio.gather(*list_again(user, _page(), deleted=thread_id))

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Keep a thumb up or down for one of the user's own answers."""
        rating = await asyncio.to_thread(
            self._history.rate,
            self._user(),
            feedback.forId,
            bool(feedback.value),
            feedback.comment or "",
        )
        if rating is None:
            raise CorpusError(say("there is no such answer"))
        return rating

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Take the user's own thumb back."""
        return await asyncio.to_thread(self._history.unrate, self._user(), feedback_id)

    # What Chainlit would keep of its own screen

    async def create_step(self, step_dict: StepDict) -> None:
        """Not kept."""

    async def update_step(self, step_dict: StepDict) -> None:
        """Not kept."""

    async def delete_step(self, step_id: str) -> None:
        """Not kept."""

    async def create_element(self, element: Element) -> None:
        """Not kept."""

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """None is kept."""
        return None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """None is kept."""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """There are none."""
        return []

    async def build_debug_url(self) -> str:
        """There is none."""
        return ""

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._history.close)


def _page() -> BaseSession | None:
    """The page whose request this is; None outside of one, as for a rename or a deletion."""
    from chainlit.context import ChainlitContextException, context

    try:
        return context.session
    except ChainlitContextException:
        return None


_NOTHING: ThreadDict = {
    "id": "",
    "createdAt": EPOCH,
    "name": None,
    "userId": None,
    "userIdentifier": None,
    "tags": None,
    "metadata": {},
    "steps": [],
    "elements": [],
}


def thread_of(conversation: Conversation) -> ThreadDict:
    """A conversation as Chainlit has it; its date is when it was last used, as the list shows."""
    return {
        **_NOTHING,
        "id": conversation.id,
        "createdAt": conversation.updated,
        "name": conversation.name,
        "userId": conversation.owner,
        "userIdentifier": conversation.owner,
        "steps": [],
        "elements": [],
    }
