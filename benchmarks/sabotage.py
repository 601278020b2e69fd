"""Writes docs/sabotage.md from the figures that `make sabotage` leaves.

    python benchmarks/sabotage.py FOLDER

FOLDER holds sabotage.json (tests/sabotage).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "sabotage.md"

ALPHA = 0.05
NARROW = 0.005
"""A tenth of that."""

OPENING = """\
# Sabotage: does the evaluation notice?

An evaluation that lets a broken program pass is worth nothing. So the program is broken on
purpose, in {mutants} ways, and each time the whole evaluation runs as `python -m eval` does: the
five articles are indexed anew, all {questions} questions of the default set are asked and judged,
the run is compared with the one of the unbroken program and held to the committed gate
(`eval/floors.toml`). A mutant is caught when the gate closes, by the floor or the drop that is
there for it.

```console
make sabotage       # all of it, or what is left of it where it was cut off; writes this page
```

- **The mutants** are in `tests/sabotage/mutants.py`. Each patches the product where the fault
  would be, never the evaluation.
- **What the models say is kept** (`tests/sabotage/memory.py`) under the SHA-256 of the model and
  of every input, so that a mutant costs seconds; a mutant that changes what a model is given has
  it read anew.
- **A mutant that the gate misses is not made milder.** It says that a question or a measure is
  missing: what was added for that reason is told below.
"""

CLOSING = """\
## What the mutants have brought

- Questions aimed at what could be broken unnoticed, `eval/questions/aimed.jsonl`: the time of the
  articles ("in articles from 2020"), of which no question spoke before; typing errors, other
  names, lists, digests and questions of two parts, of which there were too few for a loss to be
  told from luck; and follow-ups that cannot be understood alone: of the 21 there were, 16 got a
  right answer without the conversation too. Each was written from the articles, before it was
  asked; how many of a kind were needed was seen from the mutants.
- `whole_quotes`: a quote that lacks its last word is a valid citation and may still state the
  fact.
- `reading_order`, `short_answer_marked`, `brier`: the order of a list, whether a part is in bold
  and what confidence is told were in no question's score. The first has a floor, the others and
  `short_answer_f1` must not drop.
- A floor for `follow_up_correctness`.
- `median_words` may be 40 and no more 46: answers had become so short that those which are always
  detailed passed, on 2026-11-30, with a median of 46.
- The title and the date of a citation are part of `citation_validity`.

## What this does not show

- That a fault of another kind is noticed, or a milder one: how small a drop can be seen stands in
  [evaluation.md](evaluation.md).
- Much about the order of sentences: it is seen in a dozen lists and digests only, and where the
  best sentence comes first, not at all.
- Anything about notes beside an answer, explanations, the speed, the browser, or answers that a
  language model writes: none of them has a question here.
"""


def main() -> None:
    """Read the figures, write the page."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python benchmarks/sabotage.py FOLDER")
    file = Path(sys.argv[1]) / "sabotage.json"
    if not file.is_file():
        raise SystemExit(f"there is no {file}: make sabotage")
    PAGE.write_text("\n".join(page(json.loads(file.read_text("utf-8")))) + "\n", "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def page(figures: Mapping[str, Any]) -> Iterable[str]:
    """The lines of the page."""
    mutants: Sequence[Mapping[str, Any]] = figures["mutants"]
    caught = [one for one in mutants if one["caught_by"]]
    yield OPENING.format(mutants=len(mutants), questions=figures["questions"])
    yield "## Mutants"
    yield ""
    yield (
        f"**{len(caught)} of {len(mutants)} are caught.** Questions lost are those that were as "
        "they should be and are not any more; a `p` is adjusted for the number of measures."
    )
    yield ""
    yield "| mutant | what is wrong | questions lost | what closes the gate |"
    yield "|---|---|---|---|"
    for one in mutants:
        closed = "<br>".join(f"`{name}`: {how}" for name, how in one["caught_by"].items())
        yield f"| {one['name']} | {one['breaks']} | {one['lost']} | {closed or '**nothing**'} |"
    yield ""
    yield from _narrow(mutants)
    yield "## The unbroken program"
    yield ""
    runs = figures["same"]
    yield (
        f"{len(runs)} runs, each a process of its own with an index of its own and another order "
        "of sets (`PYTHONHASHSEED`): the gate is open, and every answer, citation, hit and score "
        "is the same."
    )
    yield ""
    yield "| models | runs |"
    yield "|---|---|"
    for how, count in Counter(runs).items():
        yield f"| {how} | {count} |"
    yield ""
    yield CLOSING
    yield (
        f"The runs took {figures['seconds'] / 60:.0f} minutes in all, two at a time, on "
        f"{figures['cores']} cores, Python {figures['python']}."
    )


def _narrow(mutants: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Those that luck might have hidden: a drop that had to close the gate was near α."""
    near = [
        f"{one['name']} (`{name}`, p = {p:.2g})"
        for one in mutants
        for name, p in one["p"].items()
        if p > NARROW
    ]
    if near:
        yield (
            f"Caught narrowly, by a drop with a p above {NARROW:g} where {ALPHA:g} is the limit: "
            f"{', '.join(near)}."
        )
        yield ""


if __name__ == "__main__":
    main()
