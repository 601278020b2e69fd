"""Two runs over the same questions: what was lost, what was won, and whether it is luck."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from eval.intervals import figure, paired_p
from eval.measures import MEASURES
from eval.significance import ALPHA, detectable_loss, detectable_mean, holm, mcnemar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from eval.intervals import Aggregate, Figure
    from eval.measures import Measure
    from eval.saved import Judged, Saved

__all__ = ["COMPARED", "GOOD", "SCHEMA", "Change", "Comparison", "compare"]

SCHEMA = "footnote/comparison/1"
GOOD = ("correct", "refused_rightly")
"""Outcomes that are as they should be."""
COMPARED = tuple(m for m in MEASURES if m.score not in ("latency_ms", "errors", "answered"))
"""Measures of which each question has a value that is the same in equal runs, and that are better
one way: a coverage is good or bad only beside what is answered."""

Pair: TypeAlias = "tuple[Judged, Judged]"


@dataclass(frozen=True, slots=True)
class Change:
    """One measure, before and after, over the questions that both runs could judge."""

    measure: Measure
    before: Figure
    after: Figure
    difference: Figure
    """Mean of after − before, question by question."""
    p: float
    """By `mcnemar` where each value is 0 or 1, else by `paired_p`."""
    lost: tuple[str, ...]
    """Ids of the questions that are worse now."""
    won: tuple[str, ...]
    adjusted: float | None = None
    """p by `holm`, among the measures that are tested together; None: it is not among them."""
    detectable: float | None = None
    """The smallest difference that would be seen four times in five; None where none can be."""
    no_longer_judged: tuple[str, ...] = ()
    """Ids of the questions that could be judged before."""

    @property
    def name(self) -> str:
        """The measure's name; a median is compared by its mean."""
        share = self.measure.aggregate == "share"
        return self.measure.name if share else f"mean {self.measure.score}"

    @property
    def worse(self) -> bool:
        """Whether the mean went the wrong way."""
        value = self.difference.value or 0.0
        return value > 0 if self.measure.lower_is_better else value < 0

    def dropped(self, alpha: float) -> bool:
        """Whether it is worse, and more than luck explains."""
        return self.worse and self.adjusted is not None and self.adjusted <= alpha

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary."""
        return {
            "measure": self.measure.name,
            "name": self.name,
            "lower_is_better": self.measure.lower_is_better,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "difference": self.difference.to_dict(),
            "p": round(self.p, 6),
            "adjusted_p": None if self.adjusted is None else round(self.adjusted, 6),
            "detectable": None if self.detectable is None else round(self.detectable, 6),
            "lost": list(self.lost),
            "won": list(self.won),
            "no_longer_judged": list(self.no_longer_judged),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against one before it."""

    shared: int
    """Questions that both were asked, word for word, and of which the same was expected."""
    notes: tuple[str, ...]
    """What has to be known: other articles or models, questions that only one was asked."""
    changes: tuple[Change, ...]
    lost: tuple[str, ...]
    """Ids of the questions that were as they should be, and are not any more."""
    won: tuple[str, ...]
    alpha: float = ALPHA
    was: Mapping[str, str] = field(default_factory=dict)
    """The outcome before, of each question lost or won."""
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Measures that judged some of the questions before and judge none now, with their ids."""

    def change(self, measure: Measure) -> Change:
        """The change of a measure; raises `KeyError` when it was not compared."""
        return {change.measure.name: change for change in self.changes}[measure.name]

    @property
    def dropped(self) -> tuple[Change, ...]:
        """The measures that are significantly worse."""
        return tuple(change for change in self.changes if change.dropped(self.alpha))

    def __str__(self) -> str:
        return f"{len(self.lost)} lost, {len(self.won)} won of {self.shared} questions"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary."""
        return {
            "schema": SCHEMA,
            "shared": self.shared,
            "notes": list(self.notes),
            "alpha": self.alpha,
            "lost": list(self.lost),
            "won": list(self.won),
            "was": dict(self.was),
            "gone": {name: list(ids) for name, ids in self.gone.items()},
            "dropped": [change.measure.name for change in self.dropped],
            "changes": [change.to_dict() for change in self.changes],
        }


def compare(
    before: Saved, after: Saved, together: Collection[str] | None = None, alpha: float = ALPHA
) -> Comparison:
    """Compare over the shared questions.

    `together` names the measures that are tested together, at the risk `alpha` for all of them;
    None: all measures.
    """
    old = {one.id: one for one in before.judged}
    pairs = [
        (old[one.id], one)
        for one in after.judged
        if one.id in old and old[one.id].fingerprint == one.fingerprint
    ]
    changes = tuple(change for measure in COMPARED if (change := _change(measure, pairs)))
    family = [c for c in changes if together is None or c.measure.name in together]
    adjusted = dict(zip(family, holm([c.p for c in family]), strict=True))
    good = [(a.outcome in GOOD, b.outcome in GOOD, b.id) for a, b in pairs]
    gone = {measure.name: ids for measure in COMPARED if (ids := _gone(measure, pairs))}
    return Comparison(
        shared=len(pairs),
        notes=(*_notes(before, after, len(pairs)), *_gone_notes(gone)),
        changes=tuple(
            replace(
                change,
                adjusted=adjusted.get(change),
                detectable=_detectable(change, pairs, alpha / max(1, len(family))),
            )
            for change in changes
        ),
        lost=tuple(question for was, now, question in good if was and not now),
        won=tuple(question for was, now, question in good if now and not was),
        alpha=alpha,
        was={a.id: a.outcome for a, b in pairs if (a.outcome in GOOD) != (b.outcome in GOOD)},
        gone=gone,
    )


def _change(measure: Measure, pairs: Sequence[Pair]) -> Change | None:
    both = list(_values(measure, pairs))
    if not both:
        return None
    differences = [now - was for was, now, _ in both]
    sign = -1 if measure.lower_is_better else 1
    lost = tuple(question for was, now, question in both if sign * (now - was) < 0)
    won = tuple(question for was, now, question in both if sign * (now - was) > 0)
    aggregate: Aggregate = "share" if measure.aggregate == "share" else "mean"
    yes_or_no = all(value in (0, 1) for was, now, _ in both for value in (was, now))
    return Change(
        measure=measure,
        before=figure([was for was, _, _ in both], aggregate),
        after=figure([now for _, now, _ in both], aggregate),
        difference=figure(differences),
        p=mcnemar(len(lost), len(won)) if yes_or_no else paired_p(differences),
        lost=lost,
        won=won,
        no_longer_judged=_no_longer_judged(measure, pairs),
    )


def _no_longer_judged(measure: Measure, pairs: Sequence[Pair]) -> tuple[str, ...]:
    return tuple(
        b.id for a, b in pairs if a.value(measure) is not None and b.value(measure) is None
    )


def _gone(measure: Measure, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The questions that could be judged before, where none of them all can be any more."""
    if any(b.value(measure) is not None for _, b in pairs):
        return ()
    return _no_longer_judged(measure, pairs)


def _values(measure: Measure, pairs: Sequence[Pair]) -> Iterator[tuple[float, float, str]]:
    for a, b in pairs:
        was, now = a.value(measure), b.value(measure)
        if was is not None and now is not None:
            yield was, now, b.id


def _detectable(change: Change, pairs: Sequence[Pair], alpha: float) -> float | None:
    """As `detectable_mean` says where values are no yes or no, and the changed ones show a spread.

    Of shares that have not changed at all it is what `detectable_loss` says of whole questions: if
    k of them fell from 1 to 0, the permutation test would give the p of McNemar's.
    """
    both = list(_values(change.measure, pairs))
    values = [value for was, now, _ in both for value in (was, now)]
    if not all(value in (0, 1) for value in values):
        seen = detectable_mean([now - was for was, now, _ in both], alpha)
        if seen is not None or max(values) > 1:
            return seen
    return detectable_loss(len(both), len(change.lost) + len(change.won), alpha)


def _gone_notes(gone: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if gone:
        told = ", ".join(f"{name} (of {len(ids)} questions)" for name, ids in gone.items())
        yield f"Could be judged before and cannot any more: {told}."


def _notes(before: Saved, after: Saved, shared: int) -> Iterator[str]:
    if before.corpus != after.corpus:
        yield "The articles differ: what is lost may be theirs and not the program's."
    for name in sorted({*before.models, *after.models}):
        if before.models.get(name) != after.models.get(name):
            yield f"Another {name.replace('_', ' ')} than before."
    gone, new = len(before.judged) - shared, len(after.judged) - shared
    if gone or new:
        yield (
            f"Compared over the {shared} questions that both were asked in the same words: "
            f"{gone} of before and {new} of now are left out."
        )
