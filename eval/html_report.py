"""A run as one HTML page that needs nothing else: verdict, figures, charts, what went wrong.

It is made of what `latest.json` holds, so that a page made later is the page that the run wrote.
Every word of an article, a question or an answer is escaped, and the page may load nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.chain import chain, held_by, lost_at
from eval.charts import latency_svg, reliability_svg, risk_coverage_svg
from eval.comparison import GOOD
from eval.comparison_report import HEADER, SEES, comparison_rows
from eval.confidence import Bin
from eval.intervals import Figure
from eval.judgements import FIGURES
from eval.measures import MEASURES
from eval.report import COLUMNS
from eval.tables import decimal, interval, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from jinja2 import Environment
    from markupsafe import Markup

    from eval.chain import Row
    from eval.comparison import Comparison

__all__ = ["LISTED", "html_report"]

LISTED = 50
"""Questions that are shown with all that led to their answer; the others in one line each."""
TEMPLATES = Path(__file__).with_name("templates")
TILES = (
    ("correctness", "answers right"),
    ("unanswerable_refused", "rightly refused"),
    ("citation_validity", "citations proven"),
    ("recall_at_5", "evidence in first 5"),
    ("latency_p50_ms", "median time, ms"),
)
GROUPS = {
    "failed": "Failed",
    "unproven": "Citations that prove nothing",
    "answered": "Answered, though the articles do not say",
    "wrong": "Wrong, or right in part only",
    "refused": "Refused, though the articles answer",
}
"""What can be wrong with a question, the gravest first."""
OUTCOMES = ("correct", "refused_rightly", "partial", "refused_wrongly", "wrong",
            "answered_wrongly", "error")  # fmt: skip
"""In the order of the bars."""
GROUP_OF = {
    "error": "failed",
    "answered_wrongly": "answered",
    "wrong": "wrong",
    "partial": "wrong",
    "refused_wrongly": "refused",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of the table of figures."""

    name: str
    value: str
    interval: str
    n: int
    unjudged: int
    what: str
    drawn: tuple[float, float, float] | None
    """Low, value and high in per cent, where the measure is a share."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A question lost or won since the run before."""

    row: Row
    was: str
    before: Row | None
    """Its record in the run before, where that has answers."""


def html_report(
    run: Mapping[str, Any],
    comparison: Comparison | None = None,
    before: Mapping[str, Row] | None = None,
) -> str:
    """The page of a run as `Report.to_dict` gives it, compared with another.

    `before` are the records of that other run by id, where it has kept its answers. Raises
    `KeyError`, `TypeError`, `ValueError` or `AttributeError` where `run` is none.
    """
    from jinja2 import UndefinedError

    rows, places = run["records"], _order(run["records"])
    worst = _worst(rows)
    listed = {row["id"] for group in worst.values() for row in group}
    template = _environment().get_template("report.html")
    values = {
        "run": run,
        "broken": [verdict for verdict in run["gate"] if verdict["state"] == "broken"],
        "unasked": sum(verdict["state"] == "not_judged" for verdict in run["gate"]),
        "tiles": _tiles(run["measures"]),
        "lines": _lines(run["measures"]),
        "columns": [title for title, _ in COLUMNS],
        "kinds": _kinds(run),
        "confidence": _confidence(run["confidence"]),
        "charts": _charts(run),
        "stages": chain(rows),
        "comparison": comparison,
        "change_header": HEADER,
        "changes": _changes(comparison),
        "sees": SEES,
        "shifts": _shifts(rows, comparison, before or {}),
        "groups": GROUPS,
        "worst": worst,
        "listed": listed,
        "bad": sum(group_of(row) is not None for row in rows),
        "place": places.__getitem__,
        "link": lambda question: _link(question, places, listed),
        "order": OUTCOMES,
        "most": LISTED,
        "floor_value": _floor_value,
        "passages": {_key(one): one["text"] for one in run.get("passages", ())},
    }
    try:
        return template.render(values)
    except UndefinedError as error:
        raise KeyError(str(error)) from error


def group_of(row: Row) -> str | None:
    """Which of `GROUPS` a record belongs to; None where all is as it should be."""
    if row["faults"]:
        return "unproven"
    return GROUP_OF.get(row["outcome"])


def surprise(row: Row) -> float:
    """How sure the program was of what it did: of an answer its confidence, of a refusal the rest.

    Of what went wrong, the surest is the worst.
    """
    answer = row["answer"]
    if answer is None:
        return 1.0
    confidence = float(answer["confidence"])
    return confidence if answer["refusal"] is None else 1 - confidence


def pieces(hit: Row, row: Row, text: str) -> list[tuple[str, bool]]:
    """The words of a hit, cut where evidence begins and ends; True: it is evidence."""
    start, end = hit["start"], hit["end"]
    inside = [False] * len(text)
    for places in row.get("needed", ()):
        for place in places:
            if place["article_id"] == hit["article_id"]:
                low, high = max(place["start"], start) - start, min(place["end"], end) - start
                if low < high:
                    inside[low:high] = [True] * (high - low)
    cuts = [0, *(n for n in range(1, len(text)) if inside[n] != inside[n - 1]), len(text)]
    return [(text[a:b], inside[a]) for a, b in pairwise(cuts) if a < b]


def found_at(number: int, row: Row) -> int | None:
    """The rank of the first hit that holds the evidence of that number, from 1."""
    return next((hit["rank"] for hit in row["retrieved"] if number in held_by(hit, row)), None)


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from assistant.chat.library.article_page import visible

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"visible": visible, "words": lambda name: str(name).replace("_", " ")}
    made.globals |= {
        "good": GOOD,
        "held_by": held_by,
        "lost_at": lost_at,
        "found_at": found_at,
        "pieces": pieces,
        "key": _key,
    }
    return made


def _key(place: Row) -> tuple[str, int, int]:
    return place["article_id"], place["start"], place["end"]


def _order(rows: Sequence[Row]) -> dict[str, int]:
    return {row["id"]: number for number, row in enumerate(rows, start=1)}


def _link(question: str, places: Mapping[str, int], listed: Collection[str]) -> Markup:
    """The id of a question; it leads to the question where that is shown."""
    from markupsafe import Markup

    from assistant.chat.library.article_page import visible

    if question not in listed:
        return visible(question)
    return Markup('<a href="#q{}">{}</a>').format(places[question], visible(question))


def _floor_value(verdict: Mapping[str, Any]) -> str:
    figure = _figure(verdict["figure"])
    if verdict["p"] is not None:
        return f"{figure.value:+.3f}, p {verdict['p']:.3f}"
    return shown(verdict["floor"].partition(" ")[0], figure)


def _figure(cells: Mapping[str, Any]) -> Figure:
    return Figure(*(cells[name] for name in ("n", "value", "low", "high")))


def _tiles(measures: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    figures = [(name, what, _figure(measures[name])) for name, what in TILES]
    return [(what, shown(name, one), interval(name, one)) for name, what, one in figures]


def _lines(measures: Mapping[str, Any]) -> list[Line]:
    return [_line(m.name, m.what, measures[m.name]) for m in MEASURES if m.name in measures]


def _line(name: str, what: str, cells: Mapping[str, Any]) -> Line:
    figure = _figure(cells)
    share = not name.startswith(("latency", "median", "errors")) and None not in (
        figure.low, figure.value, figure.high,
    )  # fmt: skip
    drawn = tuple(100 * float(cells[key]) for key in ("low", "value", "high")) if share else None
    return Line(
        name, shown(name, figure), interval(name, figure), figure.n, cells["unjudged"], what,
        drawn,  # type: ignore[arg-type]
    )  # fmt: skip


def _kinds(run: Mapping[str, Any]) -> list[tuple[str, int, dict[str, int], list[str]]]:
    """Each kind, its number of questions, their outcomes, and its cells; all of them at the end."""
    return [
        (
            kind,
            sum(some["outcomes"].values()),
            some["outcomes"],
            [shown(name, _figure(some["measures"][name]), 0) for _, name in COLUMNS],
        )
        for kind, some in (*run["kinds"].items(), ("all", run))
    ]


def _confidence(confidence: Mapping[str, Any]) -> list[tuple[str, str, str, int]]:
    figures = [(FIGURES[name], _figure(cells)) for name, cells in confidence["measures"].items()]
    return [
        (name, decimal(one.value), f"{decimal(one.low)}–{decimal(one.high)}", one.n)
        for name, one in figures
        if one.value is not None
    ]


def _charts(run: Mapping[str, Any]) -> dict[str, Markup]:
    """The charts that there is something to draw of; nothing but numbers is in them."""
    from markupsafe import Markup

    bins = [Bin(**one) for one in run["confidence"]["bins"]]
    curve = run["confidence"]["risk_coverage"]
    times = [row["latency_ms"] for row in run["records"] if row["latency_ms"] is not None]
    p50, p95 = (run["measures"][f"latency_{name}_ms"]["value"] for name in ("p50", "p95"))
    drawn = {
        "risk": risk_coverage_svg(curve) if curve else "",
        "reliability": reliability_svg(bins) if bins else "",
        "latency": latency_svg(times, p50, p95) if times else "",
    }
    return {name: Markup(svg) for name, svg in drawn.items()}


def _worst(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The worst `LISTED`, by group: of each group in turn the one that was surest."""
    ranked = sorted(rows, key=lambda row: (-surprise(row), row["id"]))
    waiting = {name: [row for row in ranked if group_of(row) == name] for name in GROUPS}
    taken: dict[str, list[Row]] = {name: [] for name in GROUPS}
    for turn in range(LISTED):
        for name, some in waiting.items():
            if turn < len(some) and sum(map(len, taken.values())) < LISTED:
                taken[name].append(some[turn])
    return {name: some for name, some in taken.items() if some}


def _changes(comparison: Comparison | None) -> list[tuple[str, list[str]]]:
    """For each measure compared, whether it is more than luck apart, and its cells."""
    if comparison is None:
        return []
    states = [
        "worse" if change.dropped(comparison.alpha)
        else "better" if change.adjusted is not None and change.adjusted <= comparison.alpha
        else ""
        for change in comparison.changes
    ]  # fmt: skip
    return list(zip(states, comparison_rows(comparison), strict=True))


def _shifts(
    rows: Sequence[Row], comparison: Comparison | None, before: Mapping[str, Row]
) -> dict[str, list[Shift]]:
    if comparison is None:
        return {}
    known = {row["id"]: row for row in rows}
    return {
        name: [Shift(known[one], comparison.was[one], _answered(before.get(one))) for one in ids]
        for name, ids in (("lost", comparison.lost), ("won", comparison.won))
    }


def _answered(row: Row | None) -> Row | None:
    return row if row is not None and row.get("answer") else None
