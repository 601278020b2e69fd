"""Question + hits → sentences, best first, each with the probability that it answers.

Every sentence of the retrieved passages is weighed by its evidence (`assistant.reading.evidence`).
Three logistic models turn evidence into numbers: one orders the sentences, one says how likely
any article is about the question, and one how likely the best sentence answers at all. Their
weights lie in `calibration.json`, fitted by `python -m eval.calibrate`, which says on what.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assistant.language.answer_types import AnswerType, counted
from assistant.language.lists import (
    asks_for_questions,
    is_mark,
    is_question,
    names_questions,
    wants_to_know,
    whole_list,
)
from assistant.reading import evidence, support
from assistant.understanding.about import asks_publication_date, stated_date
from assistant.understanding.question import analyse, asks_of_articles
from embeddings.errors import AssistantError
from embeddings.front_matter import DATES, TITLES, front_matter
from embeddings.lexical import stems
from embeddings.reader_model import ReaderModel, Window
from embeddings.splitting import is_row, split_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from assistant.retrieval.retriever import Retrieved
    from embeddings.index import Index
    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = [
    "ANSWER_NAMES",
    "CALIBRATION_FILE",
    "PASSAGES_READ",
    "TOPIC_NAMES",
    "Calibration",
    "Candidate",
    "Logistic",
    "Reading",
    "answer_features",
    "contradicted",
    "headings",
    "in_place",
    "most_promising",
    "of_named_rows",
    "prepare",
    "read",
    "reader_model",
    "sentences_of",
    "setting_of",
    "settled",
    "speaks_to",
    "support_of",
    "texts_found",
    "topic_features",
    "weigh",
]

CALIBRATION_FILE = Path(__file__).with_name("calibration.json")
PASSAGES_READ = 12
"""Passages whose sentences are weighed."""
SENTENCES_READ = 24
"""Sentences of those passages that the reader reads, by `evidence.promise`. The right one is among
them for 97 % of the development questions, and for 81 % of those of news that the reader has not
seen; of 8 passages and 12 sentences for 94 % and 74 %."""
OF_EACH_READ, NEAR_READ = 6, 6
"""Where several are asked of, sentences of each article that are read at least; of how many."""
WINDOW = 5
"""Sentences that are read together, as in training."""
_OF_AN_ARTICLE = re.compile(
    r"\b(?:authors?|wr[io]te|written|by\s+whom|sources?|publish\w*|tags?|categor\w+)\b",
    re.IGNORECASE,
)
"""Asks for what front matter states; to all other questions it answers nothing …"""
_TITLE_OR_DATE = re.compile(rf"(?:{'|'.join((*TITLES, *DATES))}|lastmod)\s*[:=]", re.IGNORECASE)
"""… and these of its fields never do: a title names a topic, and a date is told as metadata."""
_RECORD = re.compile(r"[^:;\n]{1,80}: [^;\n]*(?:; [^:;\n]{1,80}: [^;\n]*)+")
"""A row of a table, as the reader of tables writes it: city: Arle; founded: 1342."""
_LEADERS = r"(?<![.·…])(?<![.·…] )(?:[.·…] ?+){5,}+\s*\d{1,4}\b"
_OF_CONTENTS = re.compile(
    rf"{_LEADERS}.*?{_LEADERS}"
    rf"|^\W*(?:\d+(?:\.\d+)*\.?|chapter|section|part|appendix)\s[^.·…]*+.*?{_LEADERS}\s*$",
    re.IGNORECASE | re.DOTALL,
)
"""Lines of a table of contents, with their rows of dots and pages: they name topics, too. A price
may stand behind such a row as well, but not one after another in a sentence, nor below a number."""
_HEADING_OR_FENCE = re.compile(
    r"^ {0,3}(?:(?P<level>#{1,6})[ \t]++(?P<title>[^\r\n]{0,200})|(?P<fence>```|~~~))"
    r"|(?:\A|(?<=\n\n)|(?<=\r\n\r\n))(?P<underlined>\w[^\r\n]{0,200}[^\s.!?:;,])[ \t]*+\r?\n"
    r"(?P<line>={3,}+|-{3,}+)[ \t]*+\r?$",
    re.MULTILINE,
)
"""What begins with "#" between two fences is code, not a heading; neither is a sentence above a
rule, nor the last line of a paragraph."""
_WORD = re.compile(r"[^\W_]")
_RULE_OF_A_TABLE = re.compile(r"\|?+[ \t]*+:?+-++[ \t:]*+\|[|:\- \t]*+")
MOST_VARIANTS = 3
"""Wordings of a question that are read, its own among them."""
METADATA_CONFIDENCE = 0.9
"""Confidence in what an article's own metadata say; that the right article was meant is likely."""
CONSIDERED = 3
"""Candidates, best first, that may come to the front."""
LEAST_OTHER = -2.0
"""Relevance of the next best sentence, from which on it tells something about the answer."""
ABSENT = 1.5
"""Log-odds taken off, among those considered, when the article mentions no name of the question."""
LISTED = 1.0
"""Log-odds added to the items of a list when a list is asked for."""
REPEATED = 1.0
"""Log-odds taken off a sentence that the answer before quoted, where a question goes on from it:
what was just said is seldom asked for again. Of the 100 follow-ups of the development sets it wins
three and loses none, and so does 2.0; 0.5 wins one, 3.0 loses two (docs/answers.md)."""
WONDERED = 2.5
"""Log-odds added to a quoted question when what somebody wanted to know is asked for."""
DIGITS = 4
"""Digits kept of a score, so that the last bits of a sum never decide an order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of an article, and how well it answers."""

    article_id: str
    start: int
    end: int
    text: str
    index: int
    """Which sentence of the article it is, from 0."""
    score: float
    """Log-odds that this sentence answers, among the candidates; higher is better."""
    probability: float
    """Probability that it answers, judged by itself, 0..1."""
    features: tuple[float, ...]
    span: Span
    """The short answer inside the sentence, in characters of `text`."""
    repeated: bool = False
    """Whether the answer before quoted it, and the question goes on from that."""

    def scored(self, model: Logistic) -> Candidate:
        """The same with the score and probability that `model` gives it."""
        score = round(model.log_odds(self.features), DIGITS)
        probability = _probability(score)
        return replace(self, score=score - REPEATED * self.repeated, probability=probability)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the hits brought: the candidates, best first."""

    candidates: tuple[Candidate, ...]
    confidence: float
    """Probability that the best candidate answers the question, 0..1; where what was just said
    has stood back, that of the candidate which would be the best without."""
    supported: tuple[float, ...] = ()
    """What the best candidate's article says for it, in the order of `support.NAMES`."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model: log-odds = bias + Σ weight × (value − mean) / scale."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    bias: float

    def log_odds(self, values: Sequence[float]) -> float:
        """Log-odds for one vector of features."""
        terms = zip(self.weights, values, self.means, self.scales, strict=True)
        return self.bias + sum(w * (v - m) / s for w, v, m, s in terms)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted models, and the least confidence with which an answer is given."""

    sentence: Logistic
    topic: Logistic
    answer: Logistic
    least_confidence: float

    def confidence(self, values: Sequence[float]) -> float:
        """Probability that an answer with these `answer_features` is right."""
        return _probability(self.answer.log_odds(values))

    @classmethod
    @cache
    def load(cls) -> Calibration:
        """The calibration that ships with this package."""
        fields = json.loads(CALIBRATION_FILE.read_text("utf-8"))
        sentence, topic, answer = (_logistic(fields[n]) for n in ("sentence", "topic", "answer"))
        return cls(sentence, topic, answer, fields["least_confidence"])

    def to_dict(self) -> dict[str, object]:
        """JSON-ready form, as `load` reads it."""
        return asdict(self)


def _logistic(fields: dict[str, object]) -> Logistic:
    def numbers(name: str) -> tuple[float, ...]:
        values = fields[name]
        assert isinstance(values, list)
        return tuple(map(float, values))

    names = fields["names"]
    assert isinstance(names, list)
    return Logistic(
        tuple(map(str, names)),
        numbers("weights"),
        numbers("means"),
        numbers("scales"),
        float(str(fields["bias"])),
    )


def read(
    retrieved: Retrieved,
    index: Index,
    article: Callable[[str], Article | None],
    calibration: Calibration | None = None,
    *,
    of_several: bool = False,
    said: str = "",
) -> Reading:
    """Weigh the sentences of the best hits. Deterministic.

    `of_several`: what is asked for is one of several that are compared, and more is read for it.
    `said`: the answer that the question goes on from, in one line.
    """
    if asks_publication_date(retrieved.question):
        return _publication_date(retrieved, article)
    calibration = calibration or Calibration.load()
    setting = setting_of(retrieved, index)
    weighed = weigh(retrieved, setting, article, of_several=of_several)
    reading = _judged(weighed, retrieved, setting, article, calibration)
    marked = [replace(c, repeated=" ".join(c.text.split()) in said) for c in weighed]
    if marked == weighed:
        return reading
    again = _judged(marked, retrieved, setting, article, calibration)
    # What was said before changes which sentence comes first, never whether there is an answer.
    return replace(again, confidence=reading.confidence)


def _judged(
    weighed: Sequence[Candidate],
    retrieved: Retrieved,
    setting: evidence.Setting,
    article: Callable[[str], Article | None],
    calibration: Calibration,
) -> Reading:
    """The candidates scored and put in order, and how likely the one in front answers."""
    scored = (candidate.scored(calibration.sentence) for candidate in weighed)
    candidates = tuple(sorted(scored, key=lambda c: (-c.score, c.article_id, c.start)))
    if not candidates:
        return Reading((), 0.0)
    found = candidates  # what is quoted of a question need not share a word with it
    if names_questions(setting.form.text):
        candidates = tuple(c for c in candidates if is_question(c.text)) or candidates
    asked = _stem_set(" ".join((setting.form.text, *setting.form.names)))
    candidates = of_named_rows(candidates, asked, article)
    candidates, gains = _asked_form_first(candidates, setting, article)
    texts = texts_found(retrieved, article)
    supports = [support_of(c, setting, article, texts) for c in candidates[:CONSIDERED]]
    candidates, supported = settled(candidates, supports, gains)
    values = answer_features(candidates, supported, calibration.topic, found)
    return Reading(candidates, calibration.confidence(values), supported)


def contradicted(candidate: Candidate, supported: Sequence[float]) -> bool:
    """Whether the question states what is not there: a number, a year or a month, an order, names.

    It names 2019 and nothing around the sentence does; it asks of the second and the sentence
    tells of the first; it is about people whom no article mentions that was found. `supported` is
    the candidate's, in the order of `support.NAMES`.
    """
    value = dict(zip(evidence.NAMES, candidate.features, strict=True))
    return (
        supported[support.NAMES.index("year_missing")] > 0
        or supported[support.NAMES.index("strangers")] > 0
        or value["numbers_missing"] > 0
        or value["other_ordinal"] > 0
    )


def settled(
    candidates: Sequence[Candidate],
    supports: Sequence[tuple[float, ...]],
    gains: Sequence[float],
) -> tuple[tuple[Candidate, ...], tuple[float, ...]]:
    """The candidates with the one in front that answers best, all in all, and its support.

    `supports` belong to the first of `candidates`, which alone may come to the front, and so do
    `gains`, in log-odds, of those that have the form that is asked for. What is contradicted
    stays behind what is not; an article that never mentions a name of the question costs ABSENT
    log-odds.
    """

    def standing(place: int) -> tuple[bool, float, int]:
        candidate, supported = candidates[place], supports[place]
        absent = supported[support.NAMES.index("names_absent")]
        score = candidate.score - ABSENT * absent + gains[place]
        return not contradicted(candidate, supported), score, -place

    place = max(range(len(supports)), key=standing)
    return (candidates[place], *candidates[:place], *candidates[place + 1 :]), supports[place]


def of_named_rows(
    candidates: Sequence[Candidate],
    asked: AbstractSet[str],
    article: Callable[[str], Article | None],
) -> tuple[Candidate, ...]:
    """The candidates, without rows of a table that name less of what is `asked` than another row.

    What a row says is said of what it names itself, and of nothing in the rows beside it. Words
    are told by their stems. The first row of a table may be its head, which is said of all of them.
    """
    rows = [c for c in candidates if _RECORD.fullmatch(c.text) or is_row(c.text)]
    named = {c: asked & _stem_set(c.text) for c in rows}
    below = [c for c in rows if not _opens_table(c, article)]
    less = {
        c for c in rows if any(c.article_id == o.article_id and named[c] < named[o] for o in below)
    }
    return tuple(c for c in candidates if c not in less)


def _opens_table(row: Candidate, article: Callable[[str], Article | None]) -> bool:
    """Whether a row of cells is the first of its table; one that names its columns is not."""
    found = article(row.article_id)
    if found is None or not is_row(row.text):
        return False
    spans = sentences_of(found.text)
    above = spans[row.index - 1] if row.index else None
    return above is None or not (
        is_row(found.text[slice(*above)]) and found.text[above[1] : row.start].count("\n") == 1
    )


def _asked_form_first(
    candidates: Sequence[Candidate],
    setting: evidence.Setting,
    article: Callable[[str], Article | None],
) -> tuple[tuple[Candidate, ...], list[float]]:
    """The candidates in order, those moved up that have the form asked for; what each gains.

    In log-odds: LISTED for an item of a list where a list is asked for, and as much again when
    the list has as many items as the question says; WONDERED for a question where what somebody
    wanted to know is asked for.
    """
    asked, wondered = setting.form.text, wants_to_know(setting.form.text)
    lists = setting.form.expected is AnswerType.LIST
    if not (lists or wondered):
        return tuple(candidates), [0.0] * len(candidates)
    wanted, wants_questions = counted(asked), asks_for_questions(asked)

    def gain(candidate: Candidate) -> float:
        question = is_question(candidate.text)
        gained = WONDERED if wondered and question else 0.0
        if not lists or (question and not wants_questions):
            return gained
        found = article(candidate.article_id)
        assert found is not None
        whole = whole_list(candidate.index, found.text, sentences_of(found.text))
        return gained + (LISTED * (1 + (len(whole.items) == wanted)) if whole else 0.0)

    gains = {(c.article_id, c.start): gain(c) for c in candidates}
    order = sorted(candidates, key=lambda c: -round(c.score + gains[c.article_id, c.start], DIGITS))
    return tuple(order), [gains[c.article_id, c.start] for c in order]


def setting_of(retrieved: Retrieved, index: Index) -> evidence.Setting:
    """What the question asks, weighed by the corpus: made once a question."""
    form = analyse(retrieved.question)
    return evidence.setting_of(form, retrieved.terms, retrieved.aliases, index.lexical)


def support_of(
    candidate: Candidate,
    setting: evidence.Setting,
    article: Callable[[str], Article | None],
    texts: Sequence[str],
) -> tuple[float, ...]:
    """What the candidate's whole article says for it, in the order of `support.NAMES`.

    `texts` are those of `texts_found`.
    """
    found = article(candidate.article_id)
    assert found is not None
    return support.support(setting, in_place(found, candidate.index), found.text, texts)


def texts_found(retrieved: Retrieved, article: Callable[[str], Article | None]) -> tuple[str, ...]:
    """What the articles of the hits say, with their titles and authors; best first."""
    ids = dict.fromkeys(hit.passage.article_id for hit in retrieved.hits[:PASSAGES_READ])
    articles = filter(None, map(article, ids))
    return tuple(f"{a.title or ''} {a.author or ''} {a.text}" for a in articles)


def _publication_date(retrieved: Retrieved, article: Callable[[str], Article | None]) -> Reading:
    """The line in which the best hit's article states its date, if it does."""
    found = article(retrieved.hits[0].passage.article_id) if retrieved.hits else None
    sentences = sentences_of(found.text) if found else ()
    number = stated_date(found, sentences) if found else None
    if found is None or number is None:
        return Reading((), round(1 - METADATA_CONFIDENCE, DIGITS))
    start, end = sentences[number]
    text = found.text[start:end]
    none = (0.0,) * len(evidence.NAMES)
    candidate = Candidate(
        found.id, start, end, text, number, 0.0, METADATA_CONFIDENCE, none, (0, len(text))
    )
    return Reading((candidate,), METADATA_CONFIDENCE)


ANSWER_NAMES = (
    "relevance",
    "answerable",
    "next_relevance",
    "expected_present",
    "nothing_named",
    "contradicted",
    "off_topic",
)
"""Features of the answer model, few on purpose. With all that is known of the best sentence (25
features, and the weights kept small for it) questions that the articles do not answer were told
from the others less well, on articles that nothing was fitted on most of all (docs/refusal.md)."""


TOPIC_NAMES = ("cosine", "coverage_context", "unknown_words", "names_missing")
"""Features of the topic model: the highest of all that was read, of what is missing the least."""


def topic_features(candidates: Sequence[Candidate]) -> tuple[float, ...]:
    """Features of whether any article is about the question, in the order of `TOPIC_NAMES`."""
    columns = zip(*(c.features for c in candidates), strict=True)
    values = dict(zip(evidence.NAMES, columns, strict=True))
    return tuple((min if name.endswith("_missing") else max)(values[name]) for name in TOPIC_NAMES)


def answer_features(
    candidates: Sequence[Candidate],
    supported: Sequence[float],
    topic: Logistic,
    found: Sequence[Candidate] = (),
) -> tuple[float, ...]:
    """Features of whether the best of `candidates` answers, in the order of `ANSWER_NAMES`.

    What the reader says of it and of the text around it, and of the next best sentence: where
    several might answer, the articles speak of it. Whether it has what is asked for, a number or
    a person; whether its article mentions none of the question's names; a contradiction, which
    strangers are twice, being two at least. And the logarithm of how likely any article is about
    the question at all, by `topic`: next to 0 where one is, so that near misses are told by the
    others. It is judged by all that was `found`, where `candidates` are only some of it.
    """
    best = candidates[0]
    value = dict(zip(evidence.NAMES, best.features, strict=True))
    relevances = sorted(c.features[evidence.NAMES.index("relevance")] for c in candidates)
    return (
        value["relevance"],
        value["answerable"],
        max([LEAST_OTHER, *relevances[-2:-1]]),
        value["expected_present"],
        float(supported[support.NAMES.index("names_absent")] == 1.0),
        contradicted(best, supported) + supported[support.NAMES.index("strangers")],
        -math.log1p(math.exp(-topic.log_odds(topic_features(found or candidates)))),
    )


def _probability(log_odds: float) -> float:
    return round(1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0))), DIGITS)


def weigh(
    retrieved: Retrieved,
    setting: evidence.Setting,
    article: Callable[[str], Article | None],
    *,
    of_several: bool = False,
) -> list[Candidate]:
    """The most promising sentences that a hit touches, with their features; not scored yet."""
    plain, articles = most_promising(retrieved, setting, article, of_several=of_several)
    candidates = []
    for place, (signals, span) in _readings(retrieved, plain, articles).items():
        article_id, number = place
        start, end = sentences_of(articles[article_id].text)[number]
        text = articles[article_id].text[start:end]
        values = (*signals, *plain[place])
        candidates.append(Candidate(article_id, start, end, text, number, 0.0, 0.0, values, span))
    return candidates


def most_promising(
    retrieved: Retrieved,
    setting: evidence.Setting,
    article: Callable[[str], Article | None],
    *,
    of_several: bool = False,
) -> tuple[dict[Place, tuple[float, ...]], dict[str, Article]]:
    """What the reader gets to read, most promising first, with its plain features; its articles."""
    places, articles = _places(retrieved, article)
    best = max((score for score, _ in places.values()), default=1.0) or 1.0
    plain: dict[Place, tuple[float, ...]] = {}
    for place, (score, cosine) in places.items():
        sentence = in_place(articles[place[0]], place[1])
        if not _names_a_topic(sentence, articles[place[0]], place[1]):
            plain[place] = evidence.features(
                setting, sentence, cosine=cosine, passage_score=score / best, has=_stem_set
            )
    order = sorted(plain, key=lambda place: (-round(evidence.promise(plain[place]), DIGITS), place))
    first = order[:SENTENCES_READ]
    if of_several or setting.form.compares or asks_of_articles(setting.form.text):
        first += _of_each(order, [*articles][:NEAR_READ])
    return {place: plain[place] for place in first}, articles


def _of_each(order: Sequence[Place], articles: Sequence[str]) -> list[Place]:
    """Those of some sentences, the most promising first, of which an article has none before.

    What is compared with the sentence that shares its words with the question may share none:
    "41" points are in a table, and what somebody else expects is "a bill of 103 million".
    """
    of_each: dict[str, list[Place]] = {one: [] for one in articles}
    for place in order:
        if place[0] in of_each and len(of_each[place[0]]) < OF_EACH_READ:
            of_each[place[0]].append(place)
    known = frozenset(order[:SENTENCES_READ])
    return [place for own in of_each.values() for place in own if place not in known]


def _names_a_topic(sentence: evidence.SentenceInPlace, article: Article, number: int) -> bool:
    """Whether the sentence is its article's title, or one of its contents, or heads a table.

    These answer nothing.
    """
    is_title = bool(sentence.title) and sentence.text.endswith(sentence.title)
    if is_title or _OF_CONTENTS.search(sentence.text):
        return True
    below = sentences_of(article.text)[number + 1 : number + 2]
    return bool(below) and _RULE_OF_A_TABLE.fullmatch(article.text, *below[0]) is not None


Place = tuple[str, int]
"""An article and the number of a sentence in it."""


def _places(
    retrieved: Retrieved, article: Callable[[str], Article | None]
) -> tuple[dict[Place, tuple[float, float]], dict[str, Article]]:
    """The sentences that the best hits touch, with the best score and cosine of these."""
    places: dict[Place, tuple[float, float]] = {}
    articles: dict[str, Article] = {}
    fields = _OF_AN_ARTICLE.search(retrieved.question)
    for hit, cosine in zip(retrieved.hits[:PASSAGES_READ], retrieved.cosines, strict=False):
        passage = hit.passage
        if passage.article_id not in articles:
            found = article(passage.article_id)
            if found is None:
                continue
            articles[passage.article_id] = found
        text = articles[passage.article_id].text
        block = front_matter(text)
        for number, (start, end) in enumerate(sentences_of(text)):
            states = fields and not _TITLE_OR_DATE.match(text, start)
            if block and start < block.end() and not states:
                continue
            if start < passage.end and end > passage.start and _has_words(number, text):
                place = (passage.article_id, number)
                score, other = places.get(place, (0.0, -1.0))
                places[place] = max(score, hit.score), max(other, cosine)
    return places, articles


def _has_words(number: int, text: str) -> bool:
    """Whether a sentence is more than the mark of an item, or a rule."""
    spans = sentences_of(text)
    return _WORD.search(text, *spans[number]) is not None and not is_mark(number, text, spans)


def _readings(
    retrieved: Retrieved, places: Iterable[Place], articles: dict[str, Article]
) -> dict[Place, tuple[tuple[float, float, float], Span]]:
    """What the reader says of each sentence: relevance, answerability, and the short answer.

    The question is also read under the other names of what it names; the best reading counts.
    """
    groups = _windows(sorted(places))
    windows = []
    for group in groups:
        found = articles[group[0][0]]
        spans = [sentences_of(found.text)[number] for _, number in group]
        first, last = spans[0][0], spans[-1][1]
        inner = tuple((start - first, end - first) for start, end in spans)
        windows.append(Window(found.title, found.date, found.text[first:last], inner))
    best: dict[Place, tuple[tuple[float, float, float], Span]] = {}
    model = reader_model()
    for question in _variants(retrieved):
        for group, readings in zip(groups, model.read(question, windows), strict=True):
            for place, r in zip(group, readings, strict=True):
                signals = (
                    round(r.relevance, DIGITS),
                    round(r.answerable, DIGITS),
                    round(r.span_score, DIGITS),
                )
                value = (signals, (r.start, r.end))
                best[place] = max(best.get(place, value), value)
    return best


def _windows(ordered: Sequence[Place]) -> list[list[Place]]:
    """Neighbouring sentences together, at most WINDOW of them."""
    groups: list[list[Place]] = []
    for place in ordered:
        last = groups[-1][-1] if groups else None
        if last == (place[0], place[1] - 1) and len(groups[-1]) < WINDOW:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _variants(retrieved: Retrieved) -> list[str]:
    others = [alias.put_into(retrieved.question) for alias in retrieved.aliases]
    return list(dict.fromkeys([retrieved.question, *others]))[:MOST_VARIANTS]


def prepare() -> None:
    """Load the reader now, so that the first question need not wait for it.

    What goes wrong here goes wrong again at the first reading, and is raised there.
    """
    with contextlib.suppress(AssistantError):
        reader_model()


_loading = Lock()


def reader_model() -> ReaderModel:
    """The reader, loaded once a process; raises `ModelError` when it is not what it should be."""
    with _loading:
        return _loaded()


@cache
def _loaded() -> ReaderModel:
    return ReaderModel.load()


def speaks_to(topic: str, title: str | None, text: str) -> float:
    """How much a text with its title speaks to a topic: the reader's log-odds."""
    (reading,) = reader_model().read(topic, [Window(title, None, text, ((0, len(text)),))])[0]
    return reading.relevance


def in_place(article: Article, number: int) -> evidence.SentenceInPlace:
    """A sentence with those beside it in its section, and the headings that it stands under."""
    text, spans = article.text, sentences_of(article.text)
    sections = headings(text)

    def section(index: int) -> int:
        return bisect_right(sections, spans[index][0], key=itemgetter(0))

    def beside(step: int) -> str:
        index = number + step
        if 0 <= index < len(spans) and is_mark(index, text, spans):
            index += step
        there = 0 <= index < len(spans) and section(index) == section(number)
        return text[slice(*spans[index])] if there else ""

    above = sections[section(number) - 1][1] if section(number) else ""
    return evidence.SentenceInPlace(
        text[slice(*spans[number])],
        beside(-1),
        beside(+1),
        article.title or "",
        article.date,
        text,
        above,
    )


@lru_cache(maxsize=256)
def headings(text: str) -> tuple[tuple[int, str], ...]:
    """Where each section of a text in Markdown begins, and the headings that it stands under.

    "## 1.9.0" stands above "### Removed", and both above what was removed. A line of "=" below a
    heading makes it one of the first level, a line of "-" one of the second.
    """
    block = front_matter(text)
    found: list[tuple[int, str]] = []
    above: list[tuple[int, str]] = []
    fence = ""
    for match in _HEADING_OR_FENCE.finditer(text, block.end() if block else 0):
        if match["fence"]:
            fence = "" if fence == match["fence"] else fence or match["fence"]
        elif not fence:
            level = len(match["level"] or ("#" if match["line"][0] == "=" else "##"))
            title = match["title"] or match["underlined"] or ""
            above = [*(each for each in above if each[0] < level), (level, title)]
            found.append((match.start(), " ".join(title for _, title in above)))
    return tuple(found)


@lru_cache(maxsize=256)
def sentences_of(text: str) -> tuple[Span, ...]:
    """Sentence spans of an article's text, kept for the next question."""
    return split_sentences(text)


@lru_cache(maxsize=10_000)
def _stem_set(text: str) -> frozenset[str]:
    return frozenset(stems(text))
