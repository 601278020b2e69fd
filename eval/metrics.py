"""What one answer is worth: each metric one function, over one question.

A value is a share from 0 to 1 (or a count, where the docstring says so). None means that there
is nothing to judge, which is not 0: such a question is left out of that metric's mean.
Retrieval has its own module, `eval.retrieval`.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import TYPE_CHECKING

from embeddings.errors import AssistantError
from embeddings.records import sha256_of
from embeddings.splitting import split_sentences
from eval.text import cited_sentences, states, strip_markers, word_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answers import Answer, Citation
    from embeddings.records import Article
    from eval.questions import Question
    from eval.text import CitedSentence

__all__ = [
    "citation_faults",
    "citation_support",
    "citation_validity",
    "conciseness",
    "contains_answer",
    "correctness",
    "exact_match",
    "fact_coverage",
    "missing_facts",
    "refused",
    "selective_accuracy",
    "short_answer",
    "short_answer_exact",
    "short_answer_f1",
    "squad_words",
    "token_f1",
    "words",
]

ALLOWANCE = 100
"""Characters without white space that a fact may take."""
SQUAD_ARTICLES = re.compile(r"\b(a|an|the)\b")
SQUAD_PUNCTUATION = str.maketrans("", "", string.punctuation)

# A full stop that ends a sentence: not the one of a title, an initial or an abbreviation.
INNER_END = re.compile(
    r"""(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bNo)(?<!\bSt)(?<!\b[A-Z])"""
    r"""[.!?]["'”’)\]]*\s+(?=["'“‘(]?[A-Z0-9])|\n"""
)


def missing_facts(question: Question, answer: Answer) -> tuple[str, ...]:
    """The facts the answer does not state, each by its first accepted string.

    A refusal states nothing, whatever words explain it.
    """
    text = strip_markers(answer.text) if answer.answered else ""
    return tuple(
        fact[0] for fact in question.facts if not any(states(text, accepted) for accepted in fact)
    )


def fact_coverage(question: Question, answer: Answer) -> float | None:
    """Facts the answer states / facts needed; a fact is stated by any of its accepted strings.

    Nugget recall, every nugget vital (Voorhees, TREC 2003 QA track), matched on normalised
    strings in place of assessors. None for an unanswerable question.
    """
    if not question.facts:
        return None
    return 1 - len(missing_facts(question, answer)) / len(question.facts)


def correctness(question: Question, answer: Answer) -> float | None:
    """1 if the answer states every fact, else 0; a refusal is 0.

    Answer-string containment (the lenient exact match of open-domain QA: Chen et al.,
    ACL 2017, section 4), asked of all facts. None for an unanswerable question.
    """
    coverage = fact_coverage(question, answer)
    return None if coverage is None else float(coverage == 1)


def citation_faults(answer: Answer, article: Callable[[str], Article]) -> tuple[str, ...]:
    """Everything that keeps the citations of an answer from being a proof, in words."""
    numbers = [citation.number for citation in answer.citations]
    faults = [
        f"[{citation.number}] {fault}"
        for citation in answer.citations
        if (fault := _unproven(citation, article))
    ]
    faults += [f"[{n}] names two citations" for n in sorted(set(numbers)) if numbers.count(n) > 1]
    if not answer.text.strip():
        faults.append("no text")
    for sentence in cited_sentences(answer.text):
        faults += _unmarked(sentence, answer)
    return tuple(faults)


def citation_validity(answer: Answer, article: Callable[[str], Article]) -> float | None:
    """1 if every citation and every sentence is in order, else 0. None for a refusal.

    In order, by the contract of `Citation`: `article.text[start:end] == quote`, the SHA-256
    is that of the article's text, title and date are the article's, numbers are unique, and every
    sentence of the text ends in markers that exist.
    """
    return float(not citation_faults(answer, article)) if answer.answered else None


def citation_support(question: Question, answer: Answer) -> float | None:
    """Facts whose every sentence's own citations state them / facts the answer states.

    Citation recall in ALCE's sense (Gao et al., EMNLP 2023, section 3.2), with containment in
    the quotes of the sentence's markers as the entailment test, on the facts that are checked.
    None when the answer states no fact.
    """
    stated = [fact for fact in question.facts if fact[0] not in missing_facts(question, answer)]
    if not answer.answered or not stated:
        return None
    return sum(_supported(fact, answer) for fact in stated) / len(stated)


def words(answer: Answer) -> float | None:
    """Words of the answer without its markers; None for a refusal. Fewer are better."""
    return float(word_count(answer.text)) if answer.answered else None


def conciseness(question: Question, answer: Answer) -> float | None:
    """min(1, allowance / length): the facts stated against the characters it took.

    Nugget precision (Voorhees, TREC 2003 QA track, section 3): length is the characters of the
    answer, without markers and white space, and the allowance 100 of them for each fact stated.
    An answer that states none gets 0. None for a refusal and an unanswerable question.
    """
    if not question.facts or not answer.answered:
        return None
    length = sum(map(len, strip_markers(answer.text).split()))
    stated = len(question.facts) - len(missing_facts(question, answer))
    return min(1.0, ALLOWANCE * stated / length) if length else 0.0


def short_answer(answer: Answer) -> str | None:
    """The part of a quote that the answer puts in bold, the first one; None when it marks none."""
    for citation in answer.citations:
        if citation.answer_start is not None and citation.answer_end is not None:
            first = citation.answer_start - citation.start
            return citation.quote[first : citation.answer_end - citation.start]
    return None


def short_answer_exact(question: Question, answer: Answer) -> float | None:
    """`exact_match` of the short answer with the accepted strings of a question's one fact.

    A refusal is the answer "", as in SQuAD 2.0. None where the question needs several facts or
    none, and where no short answer is marked.
    """
    given = _short(question, answer)
    return None if given is None else exact_match(given, question.facts[0])


def short_answer_f1(question: Question, answer: Answer) -> float | None:
    """`token_f1` of the short answer, judged where `short_answer_exact` is."""
    given = _short(question, answer)
    return None if given is None else token_f1(given, question.facts[0])


def selective_accuracy(question: Question, answer: Answer) -> float | None:
    """1 if the answer states every fact, else 0; no answer to an unanswerable question is right.

    Its mean is 1 − selective risk at the coverage that is reached, the share of all questions
    that are answered (El-Yaniv and Wiener, JMLR 11, 2010). None for a refusal.
    """
    return (correctness(question, answer) or 0.0) if answer.answered else None


def refused(answer: Answer) -> float:
    """1 if the assistant refused, whatever the reason: good or bad depends on the question.

    Its mean over unanswerable questions is the recall of refusals, over answerable ones the
    share of over-refusals (Rajpurkar et al., ACL 2018: SQuAD 2.0's NoAns and HasAns).
    """
    return float(not answer.answered)


def squad_words(text: str) -> tuple[str, ...]:
    """The words of `text` as the official SQuAD 2.0 script compares them.

    `normalize_answer` of evaluate-v2.0.py (Rajpurkar et al., ACL 2018): lower case, then without
    ASCII punctuation, then without `a`, `an` and `the`, split at white space.
    """
    plain = text.lower().translate(SQUAD_PUNCTUATION)
    return tuple(SQUAD_ARTICLES.sub(" ", plain).split())


def exact_match(answer: str, gold: Sequence[str]) -> float:
    """1 if the answer is one of the gold answers, else 0, by `squad_words`.

    `compute_exact` of evaluate-v2.0.py. Without a gold answer only an empty answer matches.
    """
    own = squad_words(answer)
    return max(float(own == one) for one in _gold(gold))


def token_f1(answer: str, gold: Sequence[str]) -> float:
    """Harmonic mean of the precision and recall of the answer's words, best of the gold answers.

    `compute_f1` of evaluate-v2.0.py: words as of `squad_words`, each counted as often as it
    stands in both; where either side has no words, 1 if neither has, else 0.
    """
    own = squad_words(answer)
    return max(_f1(own, one) for one in _gold(gold))


def contains_answer(text: str, gold: Sequence[str]) -> float:
    """1 if the words of a gold answer stand in `text` one after another, else 0.

    Answer-string containment (the lenient exact match of open-domain QA: Chen et al., ACL 2017,
    section 4) by `squad_words`, so that `no` does not stand in `know`.
    """
    own = " ".join(("", *squad_words(text), ""))
    found = (" ".join(("", *one, "")) in own for one in _gold(gold) if one)
    return float(any(found))


def _short(question: Question, answer: Answer) -> str | None:
    if len(question.facts) != 1:
        return None
    return short_answer(answer) if answer.answered else ""


def _gold(answers: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of each gold answer that has any, else those of the answer ""."""
    return [words for one in answers if (words := squad_words(one))] or [()]


def _f1(own: tuple[str, ...], gold: tuple[str, ...]) -> float:
    if not own or not gold:
        return float(own == gold)
    same = (Counter(own) & Counter(gold)).total()
    return 2 * same / (len(own) + len(gold))


def _unproven(citation: Citation, article: Callable[[str], Article]) -> str:
    try:
        cited = article(citation.article_id)
    except (AssistantError, KeyError):
        return f"cites {citation.article_id}, which is not among the articles"
    text = cited.text
    if not 0 <= citation.start < citation.end <= len(text):
        return f"cites characters {citation.start} to {citation.end} of {len(text)}"
    if text[citation.start : citation.end] != citation.quote:
        return "quotes other words than stand there"
    if citation.sha256 != sha256_of(text):
        return "carries the SHA-256 of another text"
    if (citation.title, citation.date) != (cited.label, cited.date):
        return "carries the title or the date of another article"
    return ""


def _unmarked(sentence: CitedSentence, answer: Answer) -> list[str]:
    citations = answer.citations
    if not sentence.markers:
        return [f"no marker after {sentence.text[-40:]!r}"]
    known = {citation.number for citation in citations}
    faults = [f"marker [{n}] has no citation" for n in sentence.markers if n not in known]
    if not _words_only(sentence.text):
        return [*faults, "a marker that follows no words"]
    quotes = [_words_only(c.quote) for c in citations if c.number in sentence.markers]
    verbatim = any(_words_only(sentence.text) in quote for quote in quotes)
    if not verbatim and _holds_several(sentence.text, written=answer.composer == "llm"):
        faults.append(f"a sentence inside {sentence.text[:40]!r} has no marker")
    return faults


def _holds_several(text: str, *, written: bool) -> bool:
    """Whether a sentence ends inside `text`.

    What a language model wrote was cut into sentences by the splitter, so that one judges it.
    """
    return len(split_sentences(text)) > 1 if written else bool(INNER_END.search(text))


def _supported(fact: tuple[str, ...], answer: Answer) -> bool:
    """Whether some sentence states the fact, and each that does cites words that state it."""
    verdicts = []
    for sentence in cited_sentences(answer.text):
        told = [accepted for accepted in fact if states(sentence.text, accepted)]
        if told:
            quotes = [c.quote for c in answer.citations if c.number in sentence.markers]
            verdicts.append(any(states(quote, accepted) for quote in quotes for accepted in fact))
    return bool(verdicts) and all(verdicts)


def _words_only(text: str) -> str:
    return " ".join(text.split())
