"""How often a kind of answer is missed where it is: `python benchmarks/answer_types.py FOLDER`.

FOLDER holds the public sets that the reader is trained on. For each answerable question of
SQuAD 2.0, CLAPnq and CANARD, the sentences that answer are held against
`assistant.language.answer_types`: what it rules out there is a false alarm. No model is asked.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from assistant.language.answer_types import answer_type, holds, other_ordinal, other_rank
from embeddings.training.examples import load_collection

SOURCES = ("squad2", "clapnq", "canard")
MOST_SENTENCES = 2
"""Longer answers of CLAPnq and CANARD are no single fact."""


def main() -> None:
    """Print the share of false alarms by kind of answer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the public sets")
    folder = parser.parse_args().folder
    asked, missed, ordinals, ranks = Counter[str](), Counter[str](), 0, 0
    for question in load_collection(folder, test=False, everything=True).questions:
        few = question.source == "squad2" or len(question.relevant) <= MOST_SENTENCES
        if question.source not in SOURCES or not question.relevant or not few:
            continue
        text = question.paragraph.text
        spans = (question.paragraph.sentences[number] for number in question.relevant)
        sentence = " ".join(text[start:end] for start, end in spans)
        kind = answer_type(question.text)
        asked[kind.value] += 1
        missed[kind.value] += not holds(kind, sentence, question.text)
        ordinals += other_ordinal(question.text, sentence)
        ranks += other_rank(question.text, sentence)
    print("| kind | questions | missed |\n|---|---|---|")
    for kind_name, count in asked.most_common():
        print(f"| {kind_name} | {count} | {missed[kind_name] / count:.1%} |")
    total = sum(asked.values())
    print(f"| all | {total} | {sum(missed.values()) / total:.1%} |")
    print(f"\nAnother place in an order: {ordinals} of {total}. Another rank: {ranks}.")


if __name__ == "__main__":
    main()
