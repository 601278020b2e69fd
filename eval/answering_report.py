"""What a benchmark's questions brought: how often right, how often refused, how honestly sure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.answering import ask_all, load_questions
from eval.bench import opened
from eval.confidence import auroc_figure
from eval.intervals import figure
from eval.judgements import FIGURES, Confidences, Judgement
from eval.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from embeddings.encoder import Encoder
    from eval.answering import Questions, Reply
    from eval.intervals import Figure

__all__ = ["SCHEMA", "AnswersReport", "confidences_of", "figures_of", "measure_answers"]

SCHEMA = "footnote/answers/1"
LEAST_JUDGED = 0.5
"""Share of the answerable questions that have to be judgeable for the confidence to be judged."""


@dataclass(frozen=True, slots=True)
class AnswersReport:
    """The questions of a folder and what came back for each."""

    questions: Questions
    replies: tuple[Reply, ...]

    def groups(self) -> dict[str, tuple[Reply, ...]]:
        """All replies, and those to questions about no article that the reader was trained on.

        What failed is in neither. Only the first where it is not known what was trained on.
        """
        done = tuple(reply for reply in self.replies if reply.error is None)
        groups = {"all": done}
        if any(reply.question.unseen is not None for reply in done):
            groups["not trained on"] = tuple(r for r in done if r.question.unseen)
        return groups

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary, the same for equal runs; no words of the benchmark."""
        return {
            "schema": SCHEMA,
            "questions": len(self.questions.asked),
            "of": self.questions.of,
            "groups": {
                name: {
                    "measures": {n: one.to_dict() for n, one in figures_of(some).items()},
                    "confidence": confidences_of(some).to_dict(),
                }
                for name, some in self.groups().items()
            },
            "notes": list(self.notes()),
            "replies": [reply.to_dict() for reply in self.replies],
        }

    def tables(self) -> Iterator[Table]:
        """Every figure, over all questions and over those not trained on; and the bins."""
        groups = self.groups()
        columns = [figures_of(some) for some in groups.values()]
        names = list(dict.fromkeys(name for column in columns for name in column))
        rows = []
        for name in names:
            found = [column.get(name) for column in columns]
            if any(one is not None and one.value is not None for one in found):
                rows.append([name, *(cell for one in found for cell in _cells(one))])
        header = ["mean (95 %)", *(title for name in groups for title in (name, "n"))]
        yield table_of(f"Answers to {len(self.questions.asked)} questions", header, rows)
        bins = confidences_of(groups["all"]).bins()
        if bins:
            yield table_of(
                "Reliability of the confidence",
                ["confidence, mean of bin", "right", "n"],
                [[f"{one.confidence:.3f}", f"{one.right:.3f}", str(one.n)] for one in bins],
            )

    def notes(self) -> Iterator[str]:
        """What has to be known to read the figures."""
        asked = self.questions.asked
        if len(asked) < self.questions.of:
            yield f"A sample of {len(asked)} of {self.questions.of} questions, always the same."
        failed = [reply for reply in self.replies if reply.error]
        if failed:
            yield f"{len(failed)} failed and are in no figure, first: {failed[0].error}"
        unquoted = sum(one.answerable and not one.answers for one in asked)
        if unquoted:
            yield (
                f"{unquoted} answerable questions have no answer that a quote can give (long and "
                "written, or yes and no): not held against it."
            )
        unjudged = sum(not one.judgeable for one in asked)
        if unjudged:
            yield f"{unjudged} questions could not be judged right or wrong."
        if not confidences_of(self.groups()["all"]).judgements:
            yield "So most answerable ones are not judged: no figures of the confidence but AUROC."
        trained = Counter(one.unseen for one in asked)
        if None in trained:
            yield "Whether the reader was trained on these articles is not known."
        else:
            yield (
                f"The reader was trained on an article of {trained[False]} of these questions; "
                f"{trained[True]} are about articles kept back from it. The confidence may be "
                "fitted on some of those: see docs/refusal.md."
            )


def measure_answers(
    folder: Path,
    split: str | None,
    limit: int | None,
    data_dir: Path,
    encoder: Encoder,
    console: Console,
) -> AnswersReport | None:
    """Ask the questions of a folder; None where it states no answers. Indexes it if need be."""
    from rich.progress import track

    questions = load_questions(folder, split, limit)
    if questions is None:
        return None
    with opened(questions.benchmark, data_dir, encoder) as (corpus, _):
        replies = ask_all(questions.asked, corpus, encoder)
        total = len(questions.asked)
        shown = track(replies, "Answering", total=total, console=console, transient=True)
        return AnswersReport(questions, tuple(shown))


def figures_of(replies: Sequence[Reply]) -> dict[str, Figure]:
    """Every figure of some replies, by the name it has in the table, with its 95 % interval.

    Means and shares of 0..1. Shares "of answered" leave the refused questions out; in those "of
    answerable" a refusal counts as a miss. SQuAD 2.0 exact and F1 are those of its official
    script: a refusal is the answer "", right where there is none. See docs/refusal.md.
    """
    answerable = [reply for reply in replies if reply.question.answerable]
    unanswerable = [reply for reply in replies if not reply.question.answerable]
    given = [reply for reply in answerable if not reply.refused]
    paired = [(r.confidence, r.without) for r in answerable if r.without is not None]
    figures = {
        "states a gold answer, of answerable": _mean(r.states for r in answerable),
        "states a gold answer, of answered": _mean(r.states for r in given),
        "quotes evidence, of answerable": _mean(r.quotes for r in answerable),
        "quotes evidence, of answered": _mean(r.quotes for r in given),
        "short answer, exact": _mean(r.exact for r in answerable),
        "short answer, F1": _mean(r.f1 for r in answerable),
        **_squad(answerable, unanswerable),
        **_refusals("answerable", answerable),
        **_refusals("unanswerable", unanswerable),
        "refused, of article left out": _mean(r.refused_without for r in answerable),
        "AUROC, answerable / unanswerable": auroc_figure(
            [r.confidence for r in replies], [r.question.answerable for r in replies]
        ),
        "AUROC, article there / left out": auroc_figure(paired, [(True, False)] * len(paired)),
    }
    sure = confidences_of(replies).figures()
    return figures | {FIGURES[name]: one for name, one in sure.items()}


def confidences_of(replies: Sequence[Reply]) -> Confidences:
    """The confidence in each best candidate, given or withheld, and whether it answers.

    Empty where most of the answerable questions cannot be judged: those that are left would be
    unanswerable more often than what was asked, and every confidence would look too high.
    """
    answerable = [reply.question.judgeable for reply in replies if reply.question.answerable]
    if sum(answerable) < LEAST_JUDGED * len(answerable):
        return Confidences(())
    return Confidences(tuple(Judgement(r.confidence, r.right) for r in replies))


def _squad(answerable: Sequence[Reply], unanswerable: Sequence[Reply]) -> dict[str, Figure]:
    """Exact and F1 over all questions, where some have gold answers and some have none."""
    quoted = [reply for reply in answerable if reply.exact is not None]
    if not quoted or not unanswerable:
        return {}
    nothing = [float(reply.refused) for reply in unanswerable]
    return {
        "SQuAD 2.0 exact, of all": figure(
            [0.0 if r.refused else float(r.exact or 0) for r in quoted] + nothing
        ),
        "SQuAD 2.0 F1, of all": figure(
            [0.0 if r.refused else float(r.f1 or 0) for r in quoted] + nothing
        ),
    }


def _refusals(title: str, replies: Sequence[Reply]) -> dict[str, Figure]:
    """The share refused, and that of each kind where there are several."""
    kinds = sorted({reply.question.kind for reply in replies})
    figures = {f"refused, of {title}": _mean(r.refused for r in replies)}
    for kind in kinds if len(kinds) > 1 else ():
        figures[f"refused, of {kind or 'no kind'}"] = _mean(
            r.refused for r in replies if r.question.kind == kind
        )
    return figures


def _mean(values: Iterable[float | None]) -> Figure:
    return figure([float(value) for value in values if value is not None])


def _cells(one: Figure | None) -> tuple[str, str]:
    if one is None or one.value is None:
        return "–", "0" if one is None else str(one.n)
    return f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})", str(one.n)
