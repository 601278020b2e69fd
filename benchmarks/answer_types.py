"""How often a kind of answer is missed where it is: `python benchmarks/answer_types.py FOLDER`.

FOLDER holds the public sets that the reader is trained on. For each answerable question of
SQuAD 2.0, CLAPnq and CANARD, and of the news and documents written for the reader, the sentences
that answer are held against `assistant.language.answer_types`: what it rules out there is a false
alarm. Of our own questions that nothing answers, the sentence with the most words of the question
stands for a near miss; how often it holds what is asked for, against how often answers do, are
the weights of `speaks_against`. No model is asked.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from assistant.language.answer_forms import holds
from assistant.language.answer_types import AnswerType, answer_type
from assistant.language.naming import other_rank, unnamed, unnamed_kind
from assistant.language.orders import other_end, other_ordinal
from embeddings.lexical import stems
from embeddings.training.examples import Question, load_collection
from embeddings.training.written import load_articles

SOURCES = ("squad2", "clapnq", "canard")
STRENGTHS = (0.0, 0.5, 1.0)
"""How much of a kind a sentence can hold."""
MOST_SENTENCES = 2
"""Longer answers of CLAPnq and CANARD are no single fact."""
WRITTEN = Path(__file__).resolve().parents[1] / "embeddings" / "training"
RULES = {
    "another place in an order": other_ordinal,
    "the other end of an order": other_end,
    "nobody in the office": other_rank,
    "no name where one is wanted": unnamed,
    "only one of its kind": unnamed_kind,
}


def public(folder: Path) -> Iterator[Question]:
    """The answerable questions of the public sets."""
    for question in load_collection(folder, test=False, everything=True).questions:
        few = question.source == "squad2" or len(question.relevant) <= MOST_SENTENCES
        if question.source in SOURCES and question.relevant and few:
            yield question


def written() -> Iterator[Question]:
    """The questions of our own news and documents, those among them that no sentence answers."""
    for name in ("news", "documents"):
        for test in (True, False):
            yield from load_articles(WRITTEN / f"{name}.jsonl", test=test).questions


def sentences(question: Question) -> list[str]:
    """What answers the question; where nothing does, what shares the most words with it."""
    text, spans = question.paragraph.text, question.paragraph.sentences
    if question.relevant:
        return [text[slice(*spans[number])] for number in question.relevant]
    asked = frozenset(stems(question.text))
    texts = [text[slice(*span)] for span in spans]
    return [max(texts, key=lambda each: (len(asked & _stems(each)), -len(each)))]


@lru_cache(maxsize=1000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stems(text))


def weight(near: Counter[float], answers: Counter[float], strength: float) -> float:
    """The natural logarithm of how many times as often near misses have this strength.

    Half a case is added to each count, so that what was never seen is not taken for impossible.
    """
    share = [
        (counts[strength] + 0.5) / (counts.total() + 0.5 * len(STRENGTHS))
        for counts in (near, answers)
    ]
    return math.log(share[0] / share[1])


def main() -> None:
    """Print how often each kind is seen in answers and in near misses, and the false alarms."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the public sets")
    folder = parser.parse_args().folder
    asked, missed = Counter[str](), Counter[str]()
    alarms = {"public": Counter[str](), "own": Counter[str]()}
    totals = Counter[str]()
    seen: dict[tuple[AnswerType, bool], Counter[float]] = defaultdict(Counter)
    for whose, questions in (("public", public(folder)), ("own", written())):
        for question in questions:
            found, kind = sentences(question), answer_type(question.text)
            strength = max(holds(kind, each, question.text) for each in found)
            if whose == "own":
                seen[kind, bool(question.relevant)][strength] += 1
            else:
                asked[kind.value] += 1
                missed[kind.value] += not strength
            if question.relevant:
                totals[whose] += 1
                for name, rule in RULES.items():
                    alarms[whose][name] += all(rule(question.text, each) for each in found)
    print("Public questions\n\n| kind | questions | missed |\n|---|---|---|")
    for kind_name, count in asked.most_common():
        print(f"| {kind_name} | {count} | {missed[kind_name] / count:.1%} |")
    total = sum(asked.values())
    print(f"| all | {total} | {sum(missed.values()) / total:.1%} |")
    strengths = " | ".join(map(str, STRENGTHS))
    print(f"\nOwn questions: weights\n\n| kind | answers | near misses | {strengths} |")
    print("|---" * (3 + len(STRENGTHS)) + "|")
    for kind in AnswerType:
        near, answers = seen[kind, False], seen[kind, True]
        weights = (
            f"{weight(near, answers, each):+.1f}" if near[each] + answers[each] else "–"
            for each in STRENGTHS
        )
        print(f"| {kind.value} | {answers.total()} | {near.total()} | {' | '.join(weights)} |")
    print("\n| ruled out | public questions | own questions |\n|---|---|---|")
    for name in RULES:
        print(f"| {name} | {alarms['public'][name]} | {alarms['own'][name]} |")
    print(f"| of | {totals['public']} | {totals['own']} |")


if __name__ == "__main__":
    main()
