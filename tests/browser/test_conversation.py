"""Asking in a real browser: answers, sources, refusals, follow-ups, errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocket, WebSocketRoute, expect

from assistant import Assistant
from assistant.answers import Answer
from tests.browser.serving import DRIP, DRIP_SENTENCES, HELD, RELEASED

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]

QUESTION = "How many vehicles did SAIC Ningde produce?"
UNANSWERABLE = "What is the price of a ticket to the Moon?"
MARKER = 'a[href^="#cite-"]'
MARK = "#side-view-content mark"
REPLY = '[data-step-type="assistant_message"]'
STANDS_STILL = """async (element) => {
    let before = null;
    for (;;) {
        const now = JSON.stringify(element.getBoundingClientRect());
        if (now === before) return;
        before = now;
        await new Promise((done) => setTimeout(done, 500));
    }
}"""
FADES = 12
"""Pixels below the heading of the panel in which what is scrolled fades."""


@pytest.fixture(scope="module")
def seeds_assistant(seeds_server: Server) -> Iterator[Assistant]:
    """The same corpus that the server asks, asked without it."""
    with Assistant.open(data_dir=seeds_server.folder) as assistant:
        yield assistant


def paragraph(reply: Locator) -> Locator:
    """The text of an answer."""
    return reply.locator(".message-content [role=article]").last


def follow_markers(page: Page, reply: Locator, answer: Answer) -> None:
    """Every marker opens its own citation, with exactly its quote highlighted."""
    numbers = [int(n) for n in re.findall(r"\[(\d+)\]", answer.text)]
    markers = reply.locator(MARKER)
    assert [int(text) for text in markers.all_inner_texts()] == numbers
    by_number = {citation.number: citation for citation in answer.citations}
    for place, number in enumerate(numbers):
        markers.nth(place).click()
        citation = by_number[number]
        title = f"Source {list(by_number).index(number) + 1} of {len(by_number)}"
        expect(page.locator("#side-view-title")).to_contain_text(title)
        expect(page.locator("#side-view-content .fn-about")).to_contain_text(citation.article_id)
        expect(page.locator("#side-view-content .fn-about")).to_contain_text(
            citation.date or "undated"
        )
        expect(page.locator(MARK)).to_be_in_viewport()
        assert page.locator(MARK).text_content() == citation.quote


def test_the_empty_screen_says_what_is_covered(tab: NewTab, seeds_server: Server) -> None:
    page = tab(seeds_server).open()
    expect(page.locator("#welcome-screen")).to_contain_text("5 articles, newest 2024-01-01")
    assert page.title() == "Footnote"


def test_each_marker_opens_exactly_its_quote(
    tab: NewTab, seeds_server: Server, seeds_assistant: Assistant
) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    reply = asking.ask(QUESTION)
    answer = seeds_assistant.ask(QUESTION)
    assert answer.answered
    spoken = re.sub(r"\[(\d+)\]", r"\1", answer.text)
    assert paragraph(reply).text_content() == spoken
    follow_markers(page, reply, answer)


FOLLOW_ANSWER = """(reply) => {
    window.states = [];
    const note = () => {
        const said = document.querySelector(`${reply} .message-content [role=article]`);
        const state = said ? said.textContent.trimEnd() : null;
        if (state !== null && state !== window.states.at(-1)) window.states.push(state);
    };
    new MutationObserver(note).observe(
        document.body, { childList: true, characterData: true, subtree: true });
}"""
"""Remember every text that the answer has had on the page, after each change of it."""


def states_of_an_answer(asking: Tab, question: str) -> list[str]:
    """What the answer's text was, one state after the other, up to the whole of it."""
    page = asking.open()
    page.evaluate(FOLLOW_ANSWER, REPLY)
    said = paragraph(asking.ask(question)).text_content() or ""
    states: list[str] = page.evaluate("window.states")
    assert states[-1] == said.rstrip()
    return states


def is_only_added_to(states: list[str]) -> bool:
    """Whether nothing that was shown was ever taken back."""
    return all(after.startswith(before) for before, after in pairwise(states))


def test_what_was_shown_of_an_answer_is_never_rewritten(tab: NewTab, fake_server: Server) -> None:
    states = states_of_an_answer(tab(fake_server), DRIP)
    assert len(states) >= DRIP_SENTENCES, "the sentences came one by one"
    assert is_only_added_to(states), states
    assert not is_only_added_to([*states, states[-2]])


@pytest.mark.parametrize("question", [QUESTION, "What happened in July?"])
def test_no_sentence_of_a_real_answer_is_rewritten(
    tab: NewTab, seeds_server: Server, question: str
) -> None:
    states = states_of_an_answer(tab(seeds_server), question)
    assert is_only_added_to(states), states


def test_what_stands_above_a_new_question_does_not_pull_the_page_back(
    tab: NewTab, seeds_server: Server
) -> None:
    """A question that fills the screen, and a reply that comes at once."""
    asking = tab(seeds_server)
    page = asking.open()
    asking.ask(QUESTION)
    expect(page.locator(".fn-next button").first).to_be_visible()
    reply = asking.ask("How long is the bridge? " * 120)
    expect(reply).to_contain_text("ask in at most")
    expect(reply).to_be_in_viewport()


def test_what_comes_below_an_answer_leaves_its_beginning_in_view(
    tab: NewTab, seeds_server: Server
) -> None:
    asking = tab(seeds_server, viewport={"width": 390, "height": 700})
    page = asking.open()
    reply = asking.ask(QUESTION)
    expect(page.locator(".fn-next button").first).to_be_attached()
    reply.evaluate(STANDS_STILL)
    said, bar = paragraph(reply).bounding_box(), page.locator("#header").bounding_box()
    assert said is not None
    assert bar is not None
    assert said["y"] >= bar["y"] + bar["height"]


def test_chips_show_title_and_date_and_open_their_source(
    tab: NewTab, seeds_server: Server, seeds_assistant: Assistant
) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    reply = asking.ask(QUESTION)
    answer = seeds_assistant.ask(QUESTION)
    chips = reply.locator(".fn-chip")
    expect(chips).to_have_count(len(answer.citations))
    for place, citation in enumerate(answer.citations):
        chip = chips.nth(place)
        parts = [str(citation.number), citation.title, citation.date or "undated"]
        assert chip.locator("span").all_text_contents() == parts
        chip.click()
        expect(chip).to_have_attribute("aria-pressed", "true")
        assert page.locator(MARK).text_content() == citation.quote


def test_the_copy_has_the_answer_and_its_sources(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server, permissions=["clipboard-read", "clipboard-write"])
    page = asking.open()
    reply = asking.ask(QUESTION)
    reply.get_by_role("button", name="Copy with sources").click()
    expect(reply.locator(".fn-copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "300,600 complete vehicles" in copied
    assert "vehicles" in copied.partition("[^1]")[0]
    assert "\n\n[^1]: “" in copied


def test_the_copy_needs_no_page_that_is_trusted(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server, permissions=["clipboard-read", "clipboard-write"])
    # As for a page by plain HTTP from another machine.
    asking.page.add_init_script(
        "window.clipboard = navigator.clipboard;"
        "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    )
    page = asking.open()
    copy = asking.ask(QUESTION).get_by_role("button", name="Copy with sources")
    copy.click()
    expect(page.locator(".fn-copy")).to_have_text("Copied")
    expect(page.locator(".fn-copy")).to_be_focused()
    assert "300,600 complete vehicles" in page.evaluate("window.clipboard.readText()")


def test_the_short_answer_is_bold_in_the_answer_and_in_its_source(
    tab: NewTab, fake_server: Server
) -> None:
    asking = tab(fake_server)
    page = asking.open()
    reply = asking.ask(QUESTION)
    # The short answer of the fake assistant is the first number: of "December 28, 2023", the day.
    assert reply.locator(".font-bold").first.text_content() == "28"
    reply.locator(MARKER).first.click()
    expect(page.locator(f"{MARK} b")).to_have_text("28")
    assert "28, 2023" in (page.locator(MARK).text_content() or "")


def test_a_refusal_gives_its_reason_and_no_markers(
    tab: NewTab, seeds_server: Server, seeds_assistant: Assistant
) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    reply = asking.ask(UNANSWERABLE)
    answer = seeds_assistant.ask(UNANSWERABLE)
    assert not answer.answered
    reason = answer.text.partition(". ")[0]
    expect(reply.locator("span.font-bold")).to_contain_text(reason.removesuffix("."))
    expect(reply.locator(MARKER)).to_have_count(0)
    expect(reply).to_contain_text("Try ")
    if answer.hits:
        expect(reply.locator("[data-kind=closest] h2")).to_have_text("Closest articles")
        reply.locator(".fn-chip").first.click()
        expect(page.locator("#side-view-title")).to_contain_text("Closest article 1 of")
        expect(page.locator(".fn-text")).to_contain_text(answer.hits[0].passage.text.strip()[:40])
        expect(page.locator(MARK)).to_have_count(0)


def test_a_follow_up_is_understood_and_says_how(
    tab: NewTab, seeds_server: Server, seeds_assistant: Assistant
) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    first = asking.ask(QUESTION)
    expect(first.locator("blockquote")).to_have_count(0)
    follow_up = "What was its output value?"
    history = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": seeds_assistant.ask(QUESTION).text},
    ]
    answer = seeds_assistant.ask(follow_up, history)
    assert answer.standalone_question != follow_up
    second = asking.ask(follow_up)
    note = second.locator("blockquote").first
    assert (note.text_content() or "").strip() == f"Asked as: {answer.standalone_question}"
    follow_markers(page, second, answer)
    # The markers of the first answer still lead to the first answer's sources.
    follow_markers(page, first, seeds_assistant.ask(QUESTION))


def test_a_new_conversation_remembers_nothing(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    page = asking.open()
    asking.ask(QUESTION)
    noted = asking.ask("Were they sold in Ningde?")
    expect(noted.locator("blockquote")).to_contain_text("Asked as")
    page.click("#new-chat-button")
    expect(page.locator("#welcome-screen")).to_be_visible()
    page.wait_for_timeout(500)
    expect(asking.ask("Were they sold in Ningde?").locator("blockquote")).to_have_count(0)


@pytest.mark.parametrize("place", range(4))
def test_every_starter_has_an_answer(tab: NewTab, seeds_server: Server, place: int) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    starters = page.locator("#starters button")
    expect(starters).to_have_count(4)
    label = starters.nth(place).inner_text()
    starters.nth(place).click()
    reply = asking.reply(0)
    expect(page.locator('[data-step-type="user_message"]')).to_contain_text(label)
    expect(reply.locator(MARKER).first).to_be_visible()


def test_the_search_is_shown_and_then_what_it_found(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    page = asking.open()
    asking.ask(QUESTION)
    step = page.locator('[data-step-type="retrieval"]')
    expect(step).to_contain_text(re.compile(r"^\s*\d+ passages? from \d articles?"))
    step.get_by_role("button").click()
    expect(step.locator("li").first).to_contain_text("Ningde City Strives")


@pytest.mark.parametrize(
    ("question", "name", "decision"),
    [
        (QUESTION, "Why this answer", "Answered: the best sentence reaches"),
        (UNANSWERABLE, "Why no answer", "Refused, because"),
    ],
)
def test_a_folded_step_says_why(
    tab: NewTab, seeds_server: Server, question: str, name: str, decision: str
) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    asking.ask(question)
    step = page.locator('[data-step-type="tool"]')
    expect(step).to_have_count(1)
    expect(step).to_contain_text(name)
    expect(step.locator("li")).to_have_count(0)
    step.get_by_role("button").click()
    expect(step.locator("li").first).to_contain_text(decision)
    lines = step.locator("li")
    expect(lines.filter(has_text="cosine").first).to_be_visible()
    expect(lines.filter(has_text=re.compile("^(for|against): ")).first).to_be_visible()
    expect(lines.filter(has_text="Milliseconds: ")).to_be_visible()


def test_the_keyboard_alone_is_enough(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    page = asking.open()
    page.locator("#chat-input").focus()
    page.keyboard.type(QUESTION)
    expect(page.locator("#chat-submit")).to_be_enabled()
    page.keyboard.press("Enter")
    reply = asking.reply(0)
    for control in (reply.locator(MARKER).nth(1), reply.locator(".fn-chip").nth(1)):
        control.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#side-view-title")).to_contain_text("Source 2 of 2")
        expect(page.locator("article.fn-passage")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(MARK)).to_have_count(0)
        expect(control).to_be_focused()


LATE_SETTINGS = """
const json = Response.prototype.json;
let answers = 0;
Response.prototype.json = function () {
  const read = json.call(this);
  if (!this.url.includes("/project/settings") || (answers += 1) < 2) return read;
  return new Promise((done) => { setTimeout(() => done(read), 400); });
};
"""
"""The page reads its second settings long after it has begun to connect with the first."""


def test_a_page_connects_once_and_can_send_from_then_on(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    connections: list[WebSocket] = []
    frames: list[str] = []

    def follow(connection: WebSocket) -> None:
        connections.append(connection)
        connection.on("framereceived", lambda frame: frames.append(str(frame)))

    asking.page.on("websocket", follow)
    asking.page.add_init_script(LATE_SETTINGS)
    page = asking.open()
    expect(page.locator(".fn-set")).to_be_visible()
    page.locator("#chat-input").focus()
    page.keyboard.type(QUESTION)
    expect(page.locator("#chat-submit")).to_be_enabled()
    page.wait_for_timeout(1000)  # a second connection would have come by now
    told = list(frames)
    page.keyboard.press("Enter")
    asking.reply(0)
    assert len(connections) == 1
    assert any("chat_settings" in frame for frame in told)
    assert not any("task_start" in frame for frame in told)
    assert any("task_start" in frame for frame in frames)


def test_a_question_entered_before_the_page_is_connected_is_sent_once_it_is(
    tab: NewTab, fake_server: Server
) -> None:
    for changed in (False, True):
        asking = tab(fake_server)
        page = asking.page
        connect = asking.hold_connection()
        page.goto(fake_server.url)
        box = page.locator("#chat-input")
        box.fill(QUESTION)
        expect(page.locator("#chat-submit")).to_be_disabled()
        box.press("Enter")
        expect(page.locator("#fn-waiting")).to_have_text(re.compile("sent as soon as"))
        expect(box).to_have_value(QUESTION)
        if changed:
            box.press("x")
            expect(page.locator("#fn-waiting")).to_be_empty()
        connect()
        if changed:
            expect(page.locator("#chat-submit")).to_be_enabled()
            expect(box).to_have_value(f"{QUESTION}x")
        else:
            expect(asking.reply(0).locator(MARKER).first).to_be_visible()
            expect(page.locator("#fn-waiting")).to_be_empty()


def test_a_source_stays_open_whatever_comes_below(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    page = asking.open()
    held: list[Route] = []
    view = "**/elements/SourcePassage.jsx"
    page.route(view, lambda route: held.append(route))
    reply = asking.ask(QUESTION)
    quote = page.locator(MARK)
    with page.expect_request(view):
        reply.locator(MARKER).first.click()
    asking.ask(QUESTION)  # while the view is still loading
    for route in held:
        route.continue_()
    page.unroute(view)
    expect(quote).to_contain_text("300,600")
    asking.ask(QUESTION)  # while it is open
    expect(quote).to_contain_text("300,600")
    page.keyboard.press("Escape")
    expect(quote).to_have_count(0)
    asking.ask(QUESTION)  # once its reader has closed it
    expect(quote).to_have_count(0)


def test_a_source_that_has_opened_shows_its_title(tab: NewTab, seeds_server: Server) -> None:
    asking = tab(seeds_server, viewport={"width": 1280, "height": 800})
    page = asking.open()
    asking.ask("What happened in July?").locator(MARKER).nth(1).click()
    expect(page.locator(MARK)).to_be_in_viewport()
    panel = page.locator("#side-view-content")
    panel.evaluate(STANDS_STILL)
    heading = page.locator("#side-view-title").bounding_box()
    title = panel.locator("h2").bounding_box()
    assert heading is not None
    assert title is not None
    assert title["y"] >= heading["y"] + heading["height"] + FADES
    expect(page.locator(MARK)).to_be_in_viewport(ratio=1)


def test_an_early_click_waits_for_its_panel(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    held: list[Route] = []
    page = asking.page

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/elements/SourcesPanel.jsx", hold)
    asking.open()
    reply = asking.ask(QUESTION)
    reply.locator(MARKER).first.click()
    reply.locator(MARKER).first.click(button="middle")
    page.wait_for_timeout(300)
    expect(page.locator(MARK)).to_have_count(0)
    assert re.fullmatch(rf"{fake_server.url}/(thread/[0-9a-f-]{{36}})?", page.url)
    for route in held:
        route.continue_()
    expect(page.locator("#side-view-title")).to_contain_text("Source 1 of 2")


def test_an_error_is_said_in_our_words_under_the_id_that_was_logged(
    tab: NewTab, fake_server: Server
) -> None:
    asking = tab(fake_server)
    asking.open()
    reply = asking.ask("Crash please")
    text = reply.inner_text()
    found = re.search(r"Error id: ([0-9a-f]{8})", text)
    assert found
    assert "secret detail" not in text
    log = fake_server.log.read_text("utf-8")
    assert f"error {found[1]}" in log
    assert "secret detail" in log
    expect(asking.ask(QUESTION).locator(MARKER)).to_have_count(2)


def test_a_question_that_is_none_is_refused_in_one_line(tab: NewTab, seeds_server: Server) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    for question in ("word " * 30_000, "\u200b\u2060"):
        reply = asking.ask(question)
        text = reply.locator(".message-content [role=article]").inner_text()
        assert "question" in text
        assert "\n" not in text.strip()
        assert "Error id" not in text
    expect(page.locator("#chat-input")).to_be_enabled()


def test_a_question_that_no_message_holds_is_told_too(tab: NewTab, seeds_server: Server) -> None:
    asking = tab(seeds_server)
    page = asking.open()
    page.locator("#chat-input").focus()
    page.keyboard.insert_text("vehicles " * 150_000)
    page.click("#chat-submit")
    expect(asking.reply(0)).to_contain_text("100,001 characters")


def test_the_items_of_a_list_have_a_line_each(tab: NewTab, serve: Serve, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    text = "Manual\n\nTo free the pump of the yard you need:\n\n- The key of the pump.\n"
    (articles / "pump.txt").write_text(text)
    asking = tab(serve("--fake", "--folder", str(articles)))
    asking.open()
    reply = asking.ask("What do you need to free the pump of the yard?")
    lines = ["To free the pump of the yard you need:1", "- The key of the pump.2"]
    assert paragraph(reply).inner_text().split("\n") == lines
    asking.page.reload()
    again = asking.page.locator(REPLY).last
    expect(again.locator(MARKER)).to_have_count(2)
    assert paragraph(again).inner_text().split("\n") == lines


def test_what_was_typed_and_not_sent_is_there_again_after_a_reload(
    tab: NewTab, fake_server: Server
) -> None:
    asking = tab(fake_server)
    page = asking.open()
    page.fill("#chat-input", QUESTION)
    page.reload()
    expect(page.locator("#chat-input")).to_have_value(QUESTION)
    page.click("#chat-submit")
    asking.reply(0)
    asking.begun()
    page.reload()
    expect(page.locator(REPLY)).to_have_count(1)
    expect(page.locator("#chat-input")).to_have_value("")


def test_who_asks_too_early_is_told_to_wait(tab: NewTab, serve: Serve, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    server = serve("--fake", "--until", str(opened))
    early, waiting = tab(server), tab(server)
    page = early.open()
    waiting.open()
    expect(page.locator("#welcome-screen")).to_contain_text("Getting the articles ready")
    page.fill("#chat-input", QUESTION)
    page.click("#chat-submit")
    reply = page.locator('[data-step-type="assistant_message"]')
    expect(reply).to_contain_text("Getting the articles ready")
    opened.touch()
    expect(reply.locator(MARKER)).to_have_count(2)
    expect(reply).to_have_count(1)
    expect(waiting.page.locator("#welcome-screen")).to_contain_text("5 articles")


def test_an_empty_folder_is_said_on_the_first_screen(
    tab: NewTab, serve: Serve, tmp_path: Path
) -> None:
    server = serve("--fake", "--folder", str(tmp_path))
    expect(tab(server).open().locator("#welcome-screen")).to_contain_text("No articles yet")


CONTRAST = """element => {
  const parse = text => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return [...numbers.slice(0, 3), numbers[3] ?? 1];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    layers.push(parse(getComputedStyle(e).backgroundColor));
  }
  const ground = layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  const ink = over(parse(getComputedStyle(element).color), ground);
  const linear = c => c / 255 <= .03928 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
  return (high + .05) / (low + .05);
}"""
"""Contrast ratio of an element's text, as WCAG 2 defines it."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_are_readable(tab: NewTab, fake_server: Server, scheme: str) -> None:
    asking = tab(fake_server, color_scheme=scheme)
    page = asking.open()
    expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))
    reply = asking.ask(QUESTION)
    reply.locator(MARKER).first.click()
    expect(page.locator(MARK)).to_be_visible()
    page.wait_for_timeout(400)
    for selector in (MARK, MARKER, ".fn-text", ".fn-about", ".fn-title", ".fn-number", ".fn-date",
                     ".fn-copy", ".fn-sources h2", ".watermark [role=article]"):  # fmt: skip
        ratio: Any = page.locator(selector).last.evaluate(CONTRAST)
        assert ratio >= 4.5, f"{selector}: {ratio:.2f}"


def test_a_phone_shows_the_source_on_a_sheet(tab: NewTab, fake_server: Server) -> None:
    asking = tab(
        fake_server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = asking.open()
    reply = asking.ask(QUESTION)
    reply.locator(MARKER).first.tap()
    expect(page.locator("[role=dialog] #side-view-title")).to_have_text("Source 1 of 2")
    expect(page.locator(MARK)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("[role=dialog]").get_by_role("button").first.tap()
    expect(page.locator("[role=dialog]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_lost_connection_loses_nothing_of_an_answer(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = asking.page
    sockets: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    page.route_web_socket(
        re.compile("/ws/"), lambda socket: sockets.append((socket, socket.connect_to_server()))
    )

    def lose_connection() -> None:
        while not sockets:
            page.wait_for_timeout(50)
        for side in sockets.pop():
            side.close()

    asking.open()
    page.fill("#chat-input", HELD)
    page.click("#chat-submit")
    expect(page.locator("#stop-button")).to_be_visible()
    lose_connection()
    while not sockets:
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    expect(page.locator("#stop-button")).to_be_visible()

    lose_connection()
    (server.folder / RELEASED).touch()  # answered while nobody is connected
    reply = asking.reply(0)
    expect(reply.locator(MARKER)).to_have_count(2)
    reply.locator(MARKER).last.click()
    expect(page.locator(MARK)).to_be_visible()
    expect(page.locator(REPLY)).to_have_count(1)
    asking.errors.clear()  # Chromium tells of the connection that was lost
