"""Citation recall and precision in ALCE's sense, with the product's own proof as the judge.

Gao, Yen, Yu and Chen, EMNLP 2023, section 3.2, ask a model of entailment; here a sentence is
supported when it stands word for word in what it cites, or when the rules of
`assistant.proof.grounding` find nothing in it that does not. Those rules were held against human
labels by `benchmarks/grounding.py`: docs/llm.md has their accuracy, and says what they cannot see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.proof.grounding import Quote, fault
from eval.text import cited_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.answers import Answer, Citation
    from eval.text import CitedSentence

__all__ = ["citation_precision", "citation_recall", "supported"]


def supported(sentence: str, citations: Sequence[Citation]) -> bool:
    """Whether the citations together state the sentence (without its markers)."""
    plain = " ".join(sentence.split())
    if any(plain in " ".join(citation.quote.split()) for citation in citations):
        return True
    return fault(plain, [Quote(c.quote, c.title, c.date) for c in citations]) is None


def citation_recall(answer: Answer) -> float | None:
    """Sentences that their own citations support / sentences. None for a refusal."""
    sentences = cited_sentences(answer.text)
    if not answer.answered or not sentences:
        return None
    return sum(_stands(sentence, answer) for sentence in sentences) / len(sentences)


def citation_precision(answer: Answer) -> float | None:
    """Markers that are needed / markers. None for a refusal, and without a marker.

    A marker is not needed when its sentence is not supported; or when it alone does not support
    the sentence, and the others do so without it.
    """
    sentences = [sentence for sentence in cited_sentences(answer.text) if sentence.markers]
    if not answer.answered or not sentences:
        return None
    needed = [
        _needed(marker, sentence, answer) for sentence in sentences for marker in sentence.markers
    ]
    return sum(needed) / len(needed)


def _stands(sentence: CitedSentence, answer: Answer) -> bool:
    cited = _cited(sentence.markers, answer)
    return bool(cited) and supported(sentence.text, cited)


def _needed(marker: int, sentence: CitedSentence, answer: Answer) -> bool:
    if not _stands(sentence, answer):
        return False
    others = _cited([m for m in sentence.markers if m != marker], answer)
    alone = _cited([marker], answer)
    if alone and supported(sentence.text, alone):
        return True
    return not (others and supported(sentence.text, others))


def _cited(markers: Sequence[int], answer: Answer) -> list[Citation]:
    return [citation for citation in answer.citations if citation.number in markers]
