"""A run, for reading: tables in the terminal, Markdown for a pull request, JSON for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embeddings.errors import AssistantError
from eval.charts import reliability_svg, risk_coverage_svg
from eval.confidence import FIGURES
from eval.gate import broken
from eval.measures import MEASURES, by_kind, confidences_of, measure_named
from eval.questions import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

    from eval.gate import Verdict
    from eval.intervals import Figure
    from eval.run import Record

__all__ = ["SCHEMA", "Report", "ReportError", "failures", "table_of", "wide"]

SCHEMA = "footnote/eval/1"

GOOD = ("correct", "refused_rightly")
COLUMNS = (
    ("correct", "correctness"),
    ("facts", "fact_coverage"),
    ("cited", "citation_validity"),
    ("support", "citation_support"),
    ("R@5", "recall_at_5"),
    ("nDCG", "ndcg_at_10"),
    ("words", "median_words"),
    ("p50 ms", "latency_p50_ms"),
    ("errors", "errors"),
)
RELIABILITY, RISK_COVERAGE = "reliability.svg", "risk-coverage.svg"
LONGEST = 160
LOG_WIDTH = 110


class ReportError(AssistantError):
    """A report cannot be written."""


@dataclass(frozen=True, slots=True)
class Report:
    """The records of a run and what the gate says of them."""

    records: tuple[Record, ...]
    verdicts: tuple[Verdict, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary; all but what is named latency is the same for equal runs."""
        corpora = {r.answer.corpus for r in self.records if r.answer is not None}
        return {
            "schema": SCHEMA,
            "questions": fingerprint(record.question for record in self.records),
            "corpus": sorted(corpora),
            "outcomes": _outcomes(self.records),
            "measures": {m.name: m.figure(self.records).to_dict() for m in MEASURES},
            "confidence": confidences_of(self.records).to_dict(),
            "kinds": {
                kind: {
                    "outcomes": _outcomes(some),
                    "measures": {m.name: m.figure(some).to_dict() for m in MEASURES},
                }
                for kind, some in by_kind(self.records)[:-1]
            },
            "gate": [
                {
                    "floor": verdict.floor.name,
                    "bound": verdict.floor.bound,
                    "figure": verdict.figure.to_dict(),
                    "state": verdict.state,
                    "lost": list(verdict.lost),
                }
                for verdict in self.verdicts
            ],
            "records": [record.to_dict() for record in self.records],
        }

    def tables(self) -> Iterator[Table]:
        """The run by kind, every measure with its interval, the confidence, and the floors."""
        for title, header, rows in (
            ("By kind of question", ["kind", "n", *_kind_header()], self._kind_rows()),
            ("All questions", ["measure", "value", "95 %", "n", "what it counts"], self._rows()),
            ("Confidence", ["measure", "value", "95 %", "n"], self._confidence_rows()),
            ("Gate", ["floor", "must be", "is", ""], self._gate_rows()),
        ):
            if rows:
                yield table_of(title, header, rows, ("", "what it counts"))

    def markdown(self) -> str:
        """The tables and the questions that failed, for a pull request."""
        lost = broken(self.verdicts)
        state = "not run" if not self.verdicts else f"{len(lost)} broken" if lost else "passed"
        lines = ["# Evaluation", "", f"{_sentence(self.records)} Gate: {state}.", ""]
        if self.verdicts:
            lines += ["## Gate", "", *_table(["floor", "must be", "is", ""], self._gate_rows()), ""]
        header = ["kind", "n", *_kind_header()]
        lines += ["## By kind of question", "", *_table(header, self._kind_rows()), ""]
        header = ["measure", "value", "95 %", "n", "what it counts"]
        lines += ["## All questions", "", *_table(header, self._rows()), ""]
        lines += self._confidence_section()
        failed = list(failures(self.records))
        if failed:
            lines += ["## Questions that failed", "", *(f"- {_escaped(line)}" for line in failed)]
            lines += [""]
        return "\n".join(lines)

    def charts(self) -> dict[str, str]:
        """SVG files by name, which the Markdown shows; none where no answer was judged."""
        confidences = confidences_of(self.records)
        bins, curve = confidences.bins(), confidences.curve()
        return {
            **({RELIABILITY: reliability_svg(bins)} if bins else {}),
            **({RISK_COVERAGE: risk_coverage_svg(curve)} if curve else {}),
        }

    def _confidence_section(self) -> list[str]:
        """Figures, reliability diagram and risk-coverage curve; nothing when none was judged."""
        confidences = confidences_of(self.records)
        rows = self._confidence_rows()
        if not rows:
            return []
        header = ["confidence, mean of bin", "right", "n"]
        bins = [[f"{b.confidence:.3f}", f"{b.right:.3f}", str(b.n)] for b in confidences.bins()]
        told = (
            f"{len(confidences.judged)} answers judged, given and withheld; "
            f"{confidences.unjudged} withheld from answerable questions: in no bin, never covered."
        )
        links = [f"![{name.removesuffix('.svg')}]({name})" for name in self.charts()]
        return [
            "## Confidence", "", told, "",
            *_table(["measure", "value", "95 %", "n"], rows), "",
            *_table(header, bins), "",
            *links, "",
        ]  # fmt: skip

    def _confidence_rows(self) -> list[list[str]]:
        figures = confidences_of(self.records).figures()
        if figures["brier"].value is None:
            return []
        return [
            [FIGURES[name], _decimal(one.value), f"{_decimal(one.low)}–{_decimal(one.high)}"
             if one.value is not None else "–", str(one.n)]
            for name, one in figures.items()
        ]  # fmt: skip

    def _kind_rows(self) -> list[list[str]]:
        rows = []
        for kind, some in by_kind(self.records):
            share = _refused_share(kind, some)
            cells = [_value(name, measure_named(name).figure(some), 0) for _, name in COLUMNS]
            rows.append([kind, str(len(some)), share, *cells])
        return rows

    def _rows(self) -> list[list[str]]:
        rows = []
        for measure in MEASURES:
            figure = measure.figure(self.records)
            value = _value(measure.name, figure)
            rows.append(
                [measure.name, value, _interval(measure.name, figure), str(figure.n), measure.what]
            )
        return rows

    def _gate_rows(self) -> list[list[str]]:
        words = {"holds": "holds", "broken": "BROKEN", "not_judged": "no such question"}
        return [
            [
                verdict.floor.name,
                verdict.floor.bound,
                _value(verdict.floor.measure.name, verdict.figure),
                words[verdict.state],
            ]
            for verdict in self.verdicts
        ]


def table_of(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[str] = ()
) -> Table:
    """A table of figures, which stand on the right; the first column and `words` on the left."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for position, name in enumerate(header):
        left = position == 0 or name in words
        table.add_column(name, justify="left" if left else "right", no_wrap=position == 0)
    for row in rows:
        table.add_row(*row)
    return table


def wide(console: Console) -> Console:
    """The console, made wide enough for the tables where it is a file or a CI log."""
    if not console.is_terminal:
        console.width = max(console.width, LOG_WIDTH)
    return console


def failures(records: Sequence[Record]) -> Iterator[str]:
    """One line for each question that went wrong: what was asked, expected and got."""
    for record in records:
        question = record.question
        if record.outcome in GOOD and not record.faults:
            continue
        asked = " → ".join([*(t.content for t in question.history if t.role == "user"),
                            question.question])  # fmt: skip
        expected = "; ".join(" | ".join(fact) for fact in question.facts)
        if not question.answerable:
            expected = f"a refusal ({question.why})"
        answer = record.answer
        got = answer.text if answer is not None else record.error or ""
        if answer is not None and answer.refusal:
            got = f"refused, {answer.refusal}"
        faults = f" · faults: {'; '.join(record.faults)}" if record.faults else ""
        yield (
            f"{record.outcome} · {question.id} · asked: {_short(asked)} · "
            f"expected: {_short(expected)} · got: {_short(got)}{faults}"
        )


def _outcomes(records: Sequence[Record]) -> dict[str, int]:
    return dict(sorted(Counter(record.outcome for record in records).items()))


def _sentence(records: Sequence[Record]) -> str:
    outcomes = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in _outcomes(records).items())
    return f"{len(records)} questions: {outcomes}."


def _kind_header() -> list[str]:
    return ["refused", *(title for title, _ in COLUMNS)]


def _refused_share(kind: str, records: Sequence[Record]) -> str:
    if kind == "all":
        return "–"  # a mix of good and bad refusals: see the measures
    name = "unanswerable_refused" if kind == "unanswerable" else "answerable_refused"
    return _value(name, measure_named(name).figure(records), 0)


def _value(name: str, figure: Figure, decimals: int = 1) -> str:
    """The figure for a cell; `decimals` of a share in per cent."""
    if figure.value is None:
        return "–"
    if name == "errors":
        return str(round(figure.value * figure.n))
    return _number(name, figure.value, decimals)


def _interval(name: str, figure: Figure) -> str:
    if figure.low is None or figure.high is None or name == "errors":
        return "–"
    return f"{_number(name, figure.low)}–{_number(name, figure.high)}"


def _number(name: str, value: float, decimals: int = 1) -> str:
    if name.startswith("latency"):
        return f"{value:.0f}"
    if name == "median_words":
        return f"{value:.3g}"
    if name.startswith(("mrr", "ndcg")):
        return f"{value:.{2 + decimals}f}"
    return f"{100 * value:.{decimals}f} %"


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
