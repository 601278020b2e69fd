"""How often differing sources are told of: `python benchmarks/disagreement.py RAMDOCS FOLDER…`.

RAMDOCS is a BEIR folder of questions with several sources each, whose `metadata` has a `type`:
`single` where all sources agree, anything else where they differ (RAMDocs: Wang et al., arXiv
2504.13079, 2025). In each further FOLDER (SQuAD 2.0, CLAPnq) a question has one source, so that a
note of disagreement is a false alarm.

Only answerable questions are asked. Printed for each type, as Markdown: the share of answers that
tell that the articles differ, over the questions that were answered; and the share of questions
whose answer shows at least two of the values that are stated (`answers`, `wrong_answers`), over all
of them, a refusal showing none. Each with n and a 95 % bootstrap interval over questions.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from assistant.answers import Answer
from assistant.composing.disagreement import DIFFER
from assistant.reading.reader import prepare
from assistant.service import Assistant
from assistant.settings import Settings
from embeddings.encoder import DEFAULT_ENCODER, load_encoder
from eval.answering import Asked, load_questions
from eval.beir import SEED
from eval.bench import opened
from eval.intervals import figure
from eval.metrics import contains_answer
from eval.text import strip_markers

AGREE = "single"
"""The `type` of a question of RAMDocs whose sources agree."""
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What came back for one question."""

    folder: str
    kind: str
    differ: bool
    """Whether its sources state different values."""
    answered: bool
    told: bool
    """Whether the answer says that the articles differ."""
    several: bool | None
    """Whether it shows two of the values; None where no two are stated."""


def stated_values(folder: Path) -> dict[str, Values]:
    """Question → all values that its sources state, right or wrong."""
    found = {}
    for line in (folder / "queries.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        facts = row["metadata"]
        found[str(row["_id"])] = (*facts.get("answers", ()), *facts.get("wrong_answers", ()))
    return found


def shown_values(text: str, values: Values) -> int:
    """How many of `values` stand in `text`; one that holds another does not count beside it."""
    there = [value for value in dict.fromkeys(values) if contains_answer(text, [value])]
    return sum(
        not any(other != value and contains_answer(value, [other]) for other in there)
        for value in there
    )


def ask(folder: Path, data_dir: Path, limit: int | None, *, first: bool) -> Iterator[Told]:
    """Ask the answerable questions of a folder; `first`: its sources may differ."""
    questions = load_questions(folder)
    if questions is None:
        raise SystemExit(f"error: {folder} has no question with a gold answer")
    asked = [question for question in questions.asked if question.answerable]
    if limit is not None and limit < len(asked):
        asked = Random(SEED).sample(asked, limit)
    values = stated_values(folder)
    encoder = load_encoder(DEFAULT_ENCODER, data_dir)
    prepare()
    with opened(questions.benchmark, data_dir, encoder) as (corpus, _):
        assistant = Assistant(corpus, (), lambda: encoder, lambda: encoder.fingerprint, [])
        for question in asked:
            answer = assistant.ask(question.text, question.history)
            differ = first and question.kind != AGREE
            yield told_of(folder.resolve().name, question, answer, values[question.id], differ)


def told_of(folder: str, question: Asked, answer: Answer, values: Values, differ: bool) -> Told:
    """An answer, judged."""
    text = strip_markers(answer.text) if answer.answered else ""
    return Told(
        folder,
        question.kind,
        differ,
        answer.answered,
        any(note.startswith(DIFFER) for note in answer.notes),
        shown_values(text, values) > 1 if differ else None,
    )


def interval(values: Sequence[float]) -> str:
    """Mean (95 % interval), n."""
    found = figure(values)
    if found.value is None:
        return "–"
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f}), n = {found.n}"


def row(name: str, told: Sequence[Told]) -> str:
    """One line of the table."""
    noted = [float(each.told) for each in told if each.answered]
    several = [float(each.several) for each in told if each.several is not None]
    refused = sum(not each.answered for each in told)
    return f"| {name} | {len(told)} | {refused} | {interval(noted)} | {interval(several)} |"


def table(told: Sequence[Told]) -> str:
    """All figures, as Markdown."""
    rows = [
        "| questions | asked | refused | told that articles differ, of answered"
        " | two values shown, of all |",
        "|---|---|---|---|---|",
    ]
    for differ, name in ((True, "sources differ"), (False, "sources do not differ")):
        group = [each for each in told if each.differ is differ]
        rows.append(row(f"**{name}**", group))
        for folder, kind in dict.fromkeys((each.folder, each.kind) for each in group):
            own = [each for each in group if (each.folder, each.kind) == (folder, kind)]
            rows.append(row(f"{folder}, {kind}", own))
    return "\n".join(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python benchmarks/disagreement.py ramdocs squad2 clapnq --limit 120\n"
        "A question takes about a second; a folder is indexed once, where `eval bench` finds it.",
    )
    parser.add_argument("differing", type=Path, metavar="RAMDOCS", help="sources may differ")
    parser.add_argument("others", type=Path, nargs="*", metavar="FOLDER", help="one source each")
    parser.add_argument("--limit", type=int, help="ask a sample of so many in each folder, seeded")
    parser.add_argument("--data-dir", type=Path, help="where the indexes are kept (default: own)")
    options = parser.parse_args()
    data_dir = options.data_dir or Settings().resolved_data_dir()
    told: list[Told] = []
    for folder in (options.differing, *options.others):
        told += ask(folder, data_dir, options.limit, first=folder == options.differing)
    print(table(told))


if __name__ == "__main__":
    main()
