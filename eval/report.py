"""A run, for reading: tables in the terminal, Markdown for a pull request, JSON for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from embeddings.errors import AssistantError
from eval.charts import reliability_svg, risk_coverage_svg
from eval.comparison import GOOD
from eval.comparison_report import (
    LISTED,
    comparison_lines,
    comparison_markdown,
    comparison_table,
)
from eval.gate import broken
from eval.judgements import FIGURES
from eval.measures import MEASURES, by_kind, confidences_of, measure_named
from eval.questions import fingerprint
from eval.tables import counted, decimal, escaped, interval, markdown_table, shown, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from eval.comparison import Comparison
    from eval.gate import Verdict
    from eval.run import Record

__all__ = ["COLUMNS", "SCHEMA", "Report", "ReportError", "failure", "failures", "wide"]

SCHEMA = "footnote/eval/1"

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
MEASURE_HEADER = ["measure", "value", "95 %", "n", "not judged", "what it counts"]
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
    comparison: Comparison | None = None
    """With the accepted run."""
    name: str = ""
    """The set of articles and questions."""
    models: Mapping[str, str] = field(default_factory=dict)
    """What made the answers, and its fingerprint."""
    took: Mapping[str, Any] = field(default_factory=dict)
    """Seconds, memory and the machine, where they were measured: differs from run to run."""
    held_out: bool = False
    """Whether neither question nor answer is shown in the log and the summary."""
    not_held: tuple[str, ...] = ()
    """Measures that must not drop, where there is no accepted run that they could drop from."""
    next_step: str = "run `python -m eval accept`"
    """What makes this run the accepted one."""

    @property
    def ungated(self) -> str:
        """What the gate does not see for want of an accepted run, and what to do; else nothing."""
        if not self.not_held:
            return ""
        floors = [verdict.floor.name for verdict in self.verdicts]
        some, last = ", ".join(floors[:-1]), "".join(floors[-1:])
        gated = (
            f"only {some} and {last} are" if some else f"only {last} is" if last else "nothing is"
        )
        free = [name for name in self.not_held if name not in floors]
        unseen = (
            f"however bad they get, these close no gate: {', '.join(free)}" if free
            else "a drop within these floors closes no gate"
        )  # fmt: skip
        return f"no accepted run: {gated} gated; {unseen}; {self.next_step}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary; all but `took` and latencies is the same for equal runs."""
        corpora = {r.answer.corpus for r in self.records if r.answer is not None}
        return {
            "schema": SCHEMA,
            "set": self.name,
            "models": dict(self.models),
            "took": dict(self.took),
            "questions": fingerprint(record.question for record in self.records),
            "corpus": sorted(corpora),
            "outcomes": _outcomes(self.records),
            "measures": _measures(self.records),
            "confidence": confidences_of(self.records).to_dict(),
            "kinds": {
                kind: {
                    "outcomes": _outcomes(some),
                    "measures": _measures(some),
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
                    "p": None if verdict.p is None else round(verdict.p, 6),
                }
                for verdict in self.verdicts
            ],
            "not_held": list(self.not_held),
            "records": [record.to_dict() for record in self.records],
            "passages": _passages(self.records),
        }

    def tables(self) -> Iterator[Table]:
        """The run by kind, every measure with its interval, the confidence, and the floors."""
        for title, header, rows in (
            ("By kind of question", ["kind", "n", *_kind_header()], self._kind_rows()),
            ("All questions", MEASURE_HEADER, self._rows()),
            ("Confidence", ["measure", "value", "95 %", "n"], self._confidence_rows()),
            ("Gate", ["floor", "must be", "is", ""], self._gate_rows()),
        ):
            if rows:
                yield table_of(title, header, rows, ("", "what it counts"))
        if self.comparison is not None:
            yield comparison_table(self.comparison)

    def lines(self) -> Iterator[str]:
        """What changed since the accepted run, question by question, and what the run took."""
        if self.comparison is not None:
            yield from comparison_lines(self.comparison, self._asked())
        if self.took:
            memory = self.took.get("peak_memory_mb")
            yield f"{self.took['seconds']:.0f} s on {self.took['cores']} cores" + (
                f", at most {memory:.0f} MB of memory" if memory else ""
            )

    def markdown(self) -> str:
        """The tables and the first questions that failed, for a pull request.

        A comment there holds 65,536 characters, a summary of GitHub 1 MiB.
        """
        lost = broken(self.verdicts)
        state = "not run" if not self.verdicts else f"{len(lost)} broken" if lost else "passed"
        title = f"# Evaluation: {self.name}" if self.name else "# Evaluation"
        lines = [title, "", f"{_sentence(self.records)} Gate: {state}.", ""]
        if self.ungated:
            lines += [f"**{escaped(self.ungated[0].upper() + self.ungated[1:])}.**", ""]
        if self.verdicts:
            lines += [
                "## Gate",
                "",
                *markdown_table(["floor", "must be", "is", ""], self._gate_rows()),
                "",
            ]
        if self.comparison is not None:
            lines += ["## Against the accepted run", ""]
            lines += comparison_markdown(self.comparison, self._asked())
        header = ["kind", "n", *_kind_header()]
        lines += ["## By kind of question", "", *markdown_table(header, self._kind_rows()), ""]
        lines += ["## All questions", "", *markdown_table(MEASURE_HEADER, self._rows()), ""]
        lines += self._confidence_section()
        failed = [] if self.held_out else list(failures(self.records))
        if failed:
            lines += ["## Questions that failed", "", "<details>", ""]
            lines += [f"- {escaped(line)}" for line in failed[:LISTED]]
            if len(failed) > LISTED:
                lines.append(f"- … and {len(failed) - LISTED} more, see report.html")
            lines += ["", "</details>", ""]
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
            *markdown_table(["measure", "value", "95 %", "n"], rows), "",
            *markdown_table(header, bins), "",
            *links, "",
        ]  # fmt: skip

    def _confidence_rows(self) -> list[list[str]]:
        figures = confidences_of(self.records).figures()
        if figures["brier"].value is None:
            return []
        return [
            [FIGURES[name], decimal(one.value), f"{decimal(one.low)}–{decimal(one.high)}"
             if one.value is not None else "–", str(one.n)]
            for name, one in figures.items()
        ]  # fmt: skip

    def _asked(self) -> dict[str, str]:
        if self.held_out:
            return {}
        return {record.question.id: record.question.question for record in self.records}

    def _kind_rows(self) -> list[list[str]]:
        rows = []
        for kind, some in by_kind(self.records):
            share = _refused_share(kind, some)
            cells = [shown(name, measure_named(name).figure(some), 0) for _, name in COLUMNS]
            rows.append([kind, str(len(some)), share, *cells])
        return rows

    def _rows(self) -> list[list[str]]:
        rows = []
        for measure in MEASURES:
            figure = measure.figure(self.records)
            value = shown(measure.name, figure)
            unjudged = str(measure.unjudged(self.records) or "")
            spread = interval(measure.name, figure)
            rows.append([measure.name, value, spread, str(figure.n), unjudged, measure.what])
        return rows

    def _gate_rows(self) -> list[list[str]]:
        words = {"holds": "holds", "broken": "BROKEN", "not_judged": "no such question"}
        return [
            [
                verdict.floor.name,
                verdict.floor.bound,
                _gate_value(verdict),
                words[verdict.state],
            ]
            for verdict in self.verdicts
        ]


def wide(console: Console) -> Console:
    """The console, made wide enough for the tables where it is a file or a CI log."""
    if not console.is_terminal:
        console.width = max(console.width, LOG_WIDTH)
    return console


def failures(records: Sequence[Record]) -> Iterator[str]:
    """One line for each question that went wrong: what was asked, expected and got."""
    for record in records:
        if record.outcome not in GOOD or record.faults:
            yield failure(record)


def failure(record: Record) -> str:
    """What was asked, expected and got, in one line."""
    question = record.question
    asked = " → ".join([*(t.content for t in question.history if t.role == "user"),
                        question.question])  # fmt: skip
    expected = "; ".join(" | ".join(fact) for fact in question.facts)
    if not question.answerable:
        expected = f"a refusal ({question.why})"
    answer = record.answer
    got = answer.text if answer is not None else record.error or ""
    if answer is not None and answer.refusal:
        got = f"refused, {answer.refusal}"
    faults = f" · faults: {_short('; '.join(record.faults))}" if record.faults else ""
    return (
        f"{record.outcome} · {question.id} · asked: {_short(asked)} · "
        f"expected: {_short(expected)} · got: {_short(got)}{faults}"
    )


def _measures(records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    return {
        m.name: {**m.figure(records).to_dict(), "unjudged": m.unjudged(records)} for m in MEASURES
    }


def _passages(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The words of all that was retrieved, each passage once."""
    found = {hit.passage for record in records for hit in record.hits}
    return [
        {"article_id": one.article_id, "start": one.start, "end": one.end, "text": one.text}
        for one in sorted(found, key=lambda one: (one.article_id, one.start, one.end))
    ]


def _gate_value(verdict: Verdict) -> str:
    if verdict.p is None:
        return shown(verdict.floor.measure.name, verdict.figure)
    return f"{verdict.figure.value:+.3f}, p {verdict.p:.3f}"


def _outcomes(records: Sequence[Record]) -> dict[str, int]:
    return dict(sorted(Counter(record.outcome for record in records).items()))


def _sentence(records: Sequence[Record]) -> str:
    outcomes = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in _outcomes(records).items())
    return f"{counted(len(records), 'question')}: {outcomes}."


def _kind_header() -> list[str]:
    return ["refused", *(title for title, _ in COLUMNS)]


def _refused_share(kind: str, records: Sequence[Record]) -> str:
    if kind == "all":
        return "–"  # a mix of good and bad refusals: see the measures
    name = "unanswerable_refused" if kind == "unanswerable" else "answerable_refused"
    return shown(name, measure_named(name).figure(records), 0)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
