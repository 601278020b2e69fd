"""The lexical index: BM25 over passages and titles, by Tantivy. Derived, like the dense one."""

from __future__ import annotations

import contextlib
import errno
import math
import re
import shutil
import tempfile
import time
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.durable import checksum_of_folder
from embeddings.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    import tantivy
    from numpy.typing import NDArray

    from embeddings.records import Passage

__all__ = [
    "LAYOUT", "NAME", "LexicalBuilder", "LexicalIndex", "LexicalPair",
    "LexicalTail", "Term", "idf", "near_spellings", "searched", "spellings_in", "stems", "words_of",
]  # fmt: skip

NAME = "lexical"
LAYOUT = 2
"""Grows with every change of the fields below; an index of another layout is built again."""
TITLE_BOOST = 0.5
"""A title stands on every passage of its article, so its words tell passages less apart."""
TYPO_BOOST = 0.5
FORM_BOOST = 0.5
"""What a word weighs besides where it stands in the very form of the question: the stem of
"founded" is that of "found"."""
MANY_PASSAGES = 50_000
"""Passages that hold a question's words, counted word by word, from which on the rare ones lead."""
LEADING_PASSAGES = 4
"""Passages that hold a leading word, for each that is wanted, at first."""
MOST_LEADING = 0.25
"""Of the passages that hold a word, the share that may hold a leading one: skipping costs, too."""
MOST_OF_WEIGHT = 2.2
"""What BM25 gives a word in a passage at most, times its weight: k1 + 1, with Tantivy's k1."""
WRITER_BYTES = 64_000_000
TAIL_BYTES = 15_000_000  # the least that Tantivy takes
PROBE_BYTES = 65_536
CLEARING_ATTEMPTS = 20
CLEARING_SECONDS = 0.01

_WORD = re.compile(r"\w+")

FUNCTION_WORDS = (
    "a about after all also am an and any are as at be been before being between both but by can "
    "could d did do does doing during each either else for from had has have having he her hers "
    "him his how i if in into is it its itself just ll me might mine more most much must my nor "
    "not of on only or other our ours out over own re s same shall she should so some such t than "
    "that the their theirs them then there these they this those through to too under until up us "
    "ve very was we were what when where which while who whom whose why will with within without "
    "would you your yours tell please according say says said know give"
).split()
"""Words that carry no topic, in questions and in articles: neither indexed nor searched."""


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of a question, and what stands for it in the corpus."""

    word: str
    stem: str
    spellings: tuple[str, ...] = ()
    """Near spellings of a word that the corpus does not have, the most frequent first."""
    others: tuple[str, ...] = ()
    """Other words of the question with this stem: "found", beside "founded"."""

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Stems of the near spellings."""
        return tuple(dict.fromkeys(stem for word in self.spellings for stem in stems(word)))


class LexicalIndex:
    """Passages that share words with a query, at one generation of a corpus."""

    def __init__(self, index: tantivy.Index) -> None:
        _register(index)
        index.config_reader("manual")  # a generation never changes: nothing is to be watched
        index.reload()
        self._index = index
        self._searcher = index.searcher()

    @classmethod
    def load(cls, path: Path, checksum: str) -> LexicalIndex | None:
        """The index in a folder, or None when it is not what was written; raises `OSError`.

        Tantivy maps files into memory, where a file that is cut short later ends the process. So
        what is verified and opened is a copy of the process's own, without a name.
        """
        import tantivy

        with _private_folder() as own:
            for file in path.iterdir():
                if file.suffix != ".lock":
                    shutil.copyfile(file, own / file.name)
            if checksum_of_folder(own) != checksum:
                return None
            try:
                return cls(tantivy.Index.open(str(own)))
            except ValueError as error:  # the bytes are right: the system has refused something
                raise OSError(errno.EIO, _cause(path, error)) from error

    def terms(self, query: str) -> tuple[Term, ...]:
        """Content words of `query`; near spellings for those the corpus does not have."""
        found: dict[str, Term] = {}
        for word in words_of(query):
            for stem in stems(word):
                if stem in found:
                    found[stem] = replace(found[stem], others=(*found[stem].others, word))
                else:
                    known = self.document_frequency(stem) > 0
                    found[stem] = Term(word, stem, () if known else self._spellings(word))
        return tuple(found.values())

    def document_frequency(self, stem: str) -> int:
        """Number of passages that hold the stem, in their text or title."""
        return max(self.frequency("body", stem), self.frequency("title", stem))

    def frequency(self, field: str, stem: str) -> int:
        """Number of passages that hold the stem in `body` or `title`, or the form in `word`."""
        return int(self._searcher.doc_freq(field, stem))

    @property
    def size(self) -> int:
        """Number of passages."""
        return int(self._searcher.num_docs)

    def _spellings(self, word: str) -> tuple[str, ...]:
        """Near spellings of a word, the most frequent first, else in alphabetical order."""

        def rarity(spelling: str) -> int:
            return -max(map(self.document_frequency, stems(spelling)), default=0)

        return tuple(sorted(sorted(self._near(word)), key=rarity))

    def _near(self, word: str) -> tuple[str, ...]:
        """Corpus words at most a typo or two away, with the same first letter."""
        return near_spellings(
            word,
            lambda start: (found for found, _ in self._searcher.terms_with_prefix("word", start)),
        )

    def search(
        self,
        terms: Iterable[Term],
        k: int,
        allowed: Sequence[int] | None = None,
        weigh: Callable[[str, str], float] = lambda field, stem: 1.0,
    ) -> list[tuple[int, float]]:
        """At most `k` (passage number, BM25 score), best first.

        Only passages whose numbers are in `allowed` are looked at; None allows all. What a word
        weighs does not depend on it. `weigh` gives a factor for a stem in a field.
        """
        words = self._weighed(terms, weigh)
        k = min(k, self.size)  # Tantivy takes memory for as many as it is asked for
        if not words or k == 0 or (allowed is not None and not allowed):
            return []
        if allowed is None and sum(word.passages for word in words) > MANY_PASSAGES:
            return self._led_by_rare(words, k)
        return self._best(words, (), k, allowed)

    def _weighed(
        self, terms: Iterable[Term], weigh: Callable[[str, str], float]
    ) -> tuple[_Word, ...]:
        """The stems of a question and of what stands for its words, in each field."""
        return tuple(
            _Word(field, word, factor * weigh(field, word), self.frequency(field, word))
            for field, word, factor in searched(terms)
        )

    def _led_by_rare(self, words: Sequence[_Word], k: int) -> list[tuple[int, float]]:
        """The same best `k`, without a look at most passages that hold none but common words.

        As in MaxScore (Turtle and Flood, "Query evaluation: strategies and optimizations",
        Information Processing & Management 1995): a passage that has none of the rare words has at
        most what the common ones can give, and once `k` passages have more it need not be seen.
        """
        ranked = sorted(words, key=lambda word: word.passages)
        upto = list(accumulate(word.passages for word in ranked))
        gives = [MOST_OF_WEIGHT * word.factor * idf(self, word.field, word.stem) for word in ranked]
        rest = [sum(gives[first:]) for first in range(len(ranked) + 1)]
        leading = bisect_left(upto, LEADING_PASSAGES * k) + 1
        while leading < len(ranked) and upto[leading - 1] < MOST_LEADING * upto[-1]:
            hits = self._best(ranked[:leading], ranked[leading:], k)
            if len(hits) < k:
                break
            if hits[-1][1] > rest[leading]:
                return hits
            leading = next((n for n, most in enumerate(rest) if most < hits[-1][1]), len(ranked))
        return self._best(words, (), k)

    def _best(
        self,
        leading: Sequence[_Word],
        others: Sequence[_Word],
        k: int,
        allowed: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The best `k` of the passages that hold one of the leading words; all words score."""
        from tantivy import Occur, Query

        def clause(word: _Word) -> tuple[Occur, Query]:
            query = Query.term_query(self._index.schema, word.field, word.stem)
            return Occur.Should, Query.boost_query(query, word.factor)

        query = Query.boolean_query([clause(word) for word in leading])
        for word in others:  # one by one: of several at once Tantivy would read every passage
            query = Query.boolean_query([(Occur.Must, query), clause(word)])
        if allowed is not None:
            chosen = Query.term_set_query(self._index.schema, "number", list(allowed))
            unscored = Query.const_score_query(chosen, 0.0)
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, unscored)])
        hits = []
        for score, address in self._searcher.search(query, k, count=False).hits:
            number = self._searcher.doc(address).get_first("number")
            hits.append((int(str(number)), float(score)))
        return hits


@dataclass(frozen=True, slots=True)
class _Word:
    """A word or stem that is searched in one field."""

    field: str
    stem: str
    factor: float
    passages: int
    """Number of passages that hold it there."""


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder of this process's own; its files live on while they are mapped into memory."""
    folder = Path(tempfile.mkdtemp(prefix="footnote-"))
    try:
        yield folder
    finally:
        # A thread of Tantivy's may put a lock file there while the folder is being emptied.
        for _ in range(CLEARING_ATTEMPTS):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(CLEARING_SECONDS)


def searched(terms: Iterable[Term]) -> Iterator[tuple[str, str, float]]:
    """What is searched for a question's words: the field, the stem or word, and what it weighs."""
    forms: dict[str, None] = {}
    for term in terms:
        for stem in (term.stem, *term.alternatives):
            boost = 1.0 if stem == term.stem else TYPO_BOOST
            yield "body", stem, boost
            yield "title", stem, boost * TITLE_BOOST
        for word in (term.word, *term.others):
            forms.update(dict.fromkeys(spellings_in(word)))
    for form in forms:
        yield "word", form, FORM_BOOST


class LexicalBuilder:
    """Makes a lexical index of passages that come one by one, in a new folder."""

    def __init__(self, path: Path) -> None:
        import tantivy

        path.mkdir()
        with _translated(path):
            index = tantivy.Index(_schema(), str(path))
            _register(index)
            # One thread: one segment order, so that equal corpora give equal scores.
            self._writer = index.writer(WRITER_BYTES, 1)
        self._path = path

    def add(self, number: int, passage: Passage, vector: NDArray[np.float32]) -> None:
        """Take in one passage."""
        with _translated(self._path):
            self._writer.add_document(_document(number, passage))

    def finish(self) -> None:
        """Write the folder. It counts once it is published and recorded."""
        with _translated(self._path):
            self._writer.commit()
            self._writer.wait_merging_threads()


class LexicalTail:
    """A small lexical index in memory, of passages that come one by one."""

    def __init__(self) -> None:
        import tantivy

        self._index = tantivy.Index(_schema())
        _register(self._index)
        self._writer = self._index.writer(TAIL_BYTES, 1)

    def add(self, number: int, passage: Passage, vector: NDArray[np.float32]) -> None:
        """Take in one passage."""
        self._writer.add_document(_document(number, passage))

    def index(self) -> LexicalIndex:
        """What it holds now; that stays as it is, whatever comes later."""
        self._writer.commit()
        return LexicalIndex(self._index)


def _document(number: int, passage: Passage) -> tantivy.Document:
    import tantivy

    title = passage.title or ""
    document = tantivy.Document(title=title, body=passage.text, word=f"{title}\n{passage.text}")
    document.add_unsigned("number", number)  # by its keyword it would be a signed one
    return document


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Tantivy says with a ValueError what the system refused."""
    try:
        yield
    except ValueError as error:
        raise CorpusError(
            f"cannot write {path}: {_cause(path, error)}; make room or make the folder writable, "
            "then try again"
        ) from error


def _cause(path: Path, error: ValueError) -> str:
    """What the system has refused. Tantivy does not always say: then it is asked again."""
    try:
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(bytes(PROBE_BYTES))
    except OSError as refused:
        return refused.strerror or str(refused)
    return f"{error} (is the disk full, or are too many files open?)"


class LexicalPair(LexicalIndex):
    """Two lexical indexes as one: what a word weighs is worked out over both.

    BM25 scores of the two could not be compared else; the average length of a passage is each
    one's own.
    """

    def __init__(self, first: LexicalIndex, second: LexicalIndex) -> None:
        self._first, self._second = first, second

    def frequency(self, field: str, stem: str) -> int:
        """Number of passages of both that hold the stem, or the form, in one field."""
        return self._first.frequency(field, stem) + self._second.frequency(field, stem)

    @property
    def size(self) -> int:
        """Number of passages of both."""
        return self._first.size + self._second.size

    def _near(self, word: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._first._near(word), *self._second._near(word))))

    def _of(
        self,
        part: LexicalIndex,
        terms: Iterable[Term],
        k: int,
        allowed: Sequence[int] | None,
        weigh: Callable[[str, str], float],
    ) -> list[tuple[int, float]]:
        """The best `k` of one of the two, as it numbers them, by the weights of both."""

        def weight(field: str, stem: str) -> float:
            return weigh(field, stem) * idf(self, field, stem) / idf(part, field, stem)

        return part.search(terms, k, allowed, weight)


def idf(index: LexicalIndex, field: str, stem: str) -> float:
    """Inverse document frequency as BM25 has it; never 0, for N ≥ n."""
    count = index.frequency(field, stem)
    return math.log(1 + (index.size - count + 0.5) / (count + 0.5))


def words_of(text: str) -> list[str]:
    """The words of a text, as written, without repetition."""
    return list(dict.fromkeys(_WORD.findall(text)))


def near_spellings(word: str, known: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """The words nearest to `word`, of those that `known` has with its first letter.

    At most one typo away, two from eight letters on: optimal string alignment distance. Where none
    is, an "s" at the end may be a genitive without its apostrophe.
    """
    from rapidfuzz.distance import OSA

    word = word.lower()
    if len(word) < 4 or any(character.isdigit() for character in word):
        return ()
    limit = 1 if len(word) < 8 else 2
    near: list[tuple[int, str]] = []
    for candidate in known(word[0]):
        distance = OSA.distance(word, candidate, score_cutoff=limit)
        if 0 < distance <= limit:
            near.append((distance, candidate))
    if not near and word.endswith("s"):
        return near_spellings(word[:-1], known)
    best = min((distance for distance, _ in near), default=0)
    return tuple(found for distance, found in sorted(near) if distance == best)


def mended(question: str, terms: Iterable[Term], is_word: Callable[[str], bool]) -> str:
    """The question with the nearest spelling for each word that neither the corpus nor anyone has.

    `is_word` tells of a word that the corpus lacks whether it is one all the same: "hear" is not
    "heat".
    """
    found = {t.word.lower(): t.spellings[0] for t in terms if t.spellings and not is_word(t.word)}
    if not found:
        return question

    def nearest(match: re.Match[str]) -> str:
        word = match[0]
        spelling = found.get(word.lower(), word)
        if spelling == word or not word[0].isupper():
            return spelling
        if sum(map(str.isupper, word)) == 1:
            return spelling.capitalize()
        # Another letter makes another abbreviation; two that changed places are a slip.
        is_slip = question.isupper() or sorted(spelling) == sorted(word.lower())
        return spelling.upper() if is_slip else word

    return _WORD.sub(nearest, question)


def spellings_in(text: str) -> tuple[str, ...]:
    """The words of a text as near spellings are looked for: lower case, without accents."""
    return tuple(dict.fromkeys(_word_analyzer().analyze(text)))


def stems(text: str) -> tuple[str, ...]:
    """Stemmed content words, in order: the same analysis that the index uses."""
    return tuple(_analyzer().analyze(text))


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.custom_stopword(FUNCTION_WORDS))
        .filter(Filter.stemmer("english"))
        .build()
    )


@cache
def _word_analyzer() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.remove_long(40))
        .build()
    )


def _register(index: tantivy.Index) -> None:
    index.register_tokenizer("stems", _analyzer())
    index.register_tokenizer("words", _word_analyzer())


def _schema() -> tantivy.Schema:
    from tantivy import SchemaBuilder

    return (
        SchemaBuilder()
        .add_unsigned_field("number", stored=True, indexed=True)
        .add_text_field("title", tokenizer_name="stems", index_option="freq")
        .add_text_field("body", tokenizer_name="stems", index_option="freq")
        .add_text_field("word", tokenizer_name="words", index_option="basic")
        .build()
    )
