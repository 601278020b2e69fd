"""Who is answered next, and who is told to come back: the queue and the limit of requests."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from assistant.chat.overload import Capacity, FairQueue


async def ask(queue: FairQueue, user: str, order: list[str], gate: asyncio.Event) -> bool:
    """Ask one question, which is answered once the gate is open; False if it was refused."""
    place = queue.join(user)
    if place is None:
        return False
    with place:
        await place.admitted()
        order.append(user)
        await gate.wait()
    return True


def test_users_take_turns_and_each_ones_questions_keep_their_order() -> None:
    async def run() -> list[str]:
        queue, gate = FairQueue(at_once=1, most_waiting=9), asyncio.Event()
        order: list[str] = []
        users = ["greedy"] * 5 + ["ada", "bob"]
        tasks = [asyncio.create_task(ask(queue, user, order, gate)) for user in users]
        await asyncio.sleep(0)
        gate.set()
        assert all(await asyncio.gather(*tasks))
        return order

    assert asyncio.run(run()) == ["greedy", "greedy", "ada", "bob", "greedy", "greedy", "greedy"]


def test_no_more_are_admitted_or_wait_than_may() -> None:
    async def run() -> tuple[int, int]:
        queue, gate = FairQueue(at_once=2, most_waiting=3), asyncio.Event()
        order: list[str] = []
        tasks = [asyncio.create_task(ask(queue, f"u{n}", order, gate)) for n in range(50)]
        await asyncio.sleep(0)
        at_once = len(order)
        refused = sum(task.done() for task in tasks)
        gate.set()
        answered = await asyncio.gather(*tasks)
        assert sum(answered) == len(order) == 5
        assert await ask(queue, "later", order, gate), "the queue is free again"
        return at_once, refused

    assert asyncio.run(run()) == (2, 45)


def test_one_user_cannot_take_all_places() -> None:
    async def run() -> None:
        queue, gate = FairQueue(1, most_waiting=10, most_of_one=2), asyncio.Event()
        order: list[str] = []
        greedy = [asyncio.create_task(ask(queue, "greedy", order, gate)) for _ in range(9)]
        await asyncio.sleep(0)
        assert queue.join("greedy") is None
        other = asyncio.create_task(ask(queue, "ada", order, gate))
        gate.set()
        assert await other
        assert sum(await asyncio.gather(*greedy)) == 3

    asyncio.run(run())


@pytest.mark.parametrize("cancelled", [0, 1, 2, 3])
def test_who_gives_up_leaves_no_gap(cancelled: int) -> None:
    async def run() -> None:
        queue, gate = FairQueue(at_once=1, most_waiting=9), asyncio.Event()
        order: list[str] = []
        tasks = [asyncio.create_task(ask(queue, f"u{n}", order, gate)) for n in range(4)]
        await asyncio.sleep(0)
        tasks[cancelled].cancel()
        gate.set()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 5)
        assert [f"u{n}" for n in range(4) if n != cancelled or n == 0] == order
        assert queue.join("next") is not None

    asyncio.run(run())


def test_who_gives_up_in_the_moment_of_being_admitted_hands_the_turn_on() -> None:
    async def run() -> None:
        queue, gate = FairQueue(at_once=1, most_waiting=9), asyncio.Event()
        order: list[str] = []
        gate.set()
        first = queue.join("first")
        assert first is not None
        tasks = [asyncio.create_task(ask(queue, f"u{n}", order, gate)) for n in range(2)]
        await asyncio.sleep(0)
        with first:
            pass  # admits u0, whose task has not run since
        tasks[0].cancel()
        assert await asyncio.wait_for(tasks[1], 5)
        assert order == ["u1"]

    asyncio.run(run())


def test_beyond_its_capacity_a_request_is_refused_at_once_and_unread() -> None:
    async def run() -> list[int]:
        gate, statuses = asyncio.Event(), []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await gate.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def receive() -> Any:
            raise AssertionError("a refused request's body must not be read")

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        capacity = Capacity(app, requests=2, sockets=1)
        scope = {"type": "http", "path": "/", "headers": []}
        held = [asyncio.create_task(capacity(scope, receive, send)) for _ in range(2)]
        await asyncio.sleep(0)
        await capacity(scope, receive, send)
        gate.set()
        await asyncio.gather(*held)
        await capacity(scope, receive, send)
        return statuses

    assert asyncio.run(run()) == [503, 200, 200, 200]


def test_sockets_are_counted_by_themselves() -> None:
    async def run() -> list[str]:
        gate, sent = asyncio.Event(), []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await gate.wait()

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        capacity = Capacity(app, requests=0, sockets=1)
        held = asyncio.create_task(capacity({"type": "websocket"}, receive, send))
        await asyncio.sleep(0)
        await capacity({"type": "websocket"}, receive, send)
        gate.set()
        await held
        return sent

    assert asyncio.run(run()) == ["websocket.close"]
