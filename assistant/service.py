"""Assistant: wires the stages together, and holds no logic of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.answers import Answer, Event
from assistant.composing.composer import (
    Draft,
    Part,
    asks_of_several,
    compose,
    refusal_text,
    sides_unsaid,
)
from assistant.composing.digest import compose_digest, request_of
from assistant.llm.endpoint import Endpoint
from assistant.loading import Loading
from assistant.proof.citations import Changed, Finding, cite, shown, verify
from assistant.reading.reader import (
    PASSAGES_READ,
    Calibration,
    prepare,
    read,
    sentences_of,
    speaks_to,
)
from assistant.retrieval.aliases import read_synonyms, suggestions
from assistant.retrieval.filters import Filter, Scope, as_named, check, scope_of
from assistant.retrieval.retriever import Retrieved, notes_of, retrieve
from assistant.settings import Settings
from assistant.showing.explanation import Trace, explain
from assistant.understanding.conversation import Resolved, asks_nothing, last_turns, resolve
from assistant.understanding.question import cleaned, compares, split_names, split_parts
from assistant.understanding.typed_names import with_names
from assistant.wording import say
from embeddings.errors import CorpusError, DamagedError, QuestionError
from embeddings.folders import UPLOADS
from embeddings.index import is_current, load_index, open_index
from embeddings.indexing import IndexReport, Progress, index_folders, restoring
from embeddings.passages import made_with
from embeddings.recovery import open_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from assistant.answers import Citation, Hit
    from assistant.composing.digest import Request
    from assistant.llm.composing import Source
    from embeddings.catalog import CatalogPage, CatalogQuery
    from embeddings.checking import Check
    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder
    from embeddings.index import Index
    from embeddings.records import Article
    from embeddings.stored import StoredFile
    from embeddings.uploading import Added

__all__ = ["Assistant", "ask", "corpus_folder", "restore"]

TOPIC_HITS = 48
"""Passages retrieved to find the articles that a digest is of."""
PASSAGES_WITH_A_WORD = 8
"""Looked at for how a word is written: whether it is a name."""
ATTEMPTS = 10
"""How often an answer is made anew because its articles changed meanwhile."""
NOTHING_TO_SAY = ("no_articles", "nothing_relevant")
"""Refusals for which no language model is asked: it would have nothing to cite."""

History = "Sequence[Mapping[str, str]]"


class Assistant:
    """Answers questions about the articles of one corpus. Safe to use from several threads.

    Made by `Assistant.open`; close it, or use it in a `with` statement.
    """

    def __init__(
        self,
        corpus: Corpus,
        folders: Sequence[Path],
        encoder: Callable[[], Encoder],
        fingerprint: Callable[[], str],
        notices: list[str],
        endpoint: Endpoint | None = None,
    ) -> None:
        self._corpus = corpus
        self._endpoint = endpoint
        self._folders = tuple(folders)
        self._encoder = encoder
        self._ahead: Callable[[], None] = lambda: None
        self._fingerprint = fingerprint
        self._synonyms: tuple[tuple[str, ...], ...] = ()
        self._notices = notices
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._portion = 1
        self._data_dir: Path | None = None
        self._behind: str | None = None
        """Why what is asked is not what is in the folders now, if it could not be renewed."""
        self.report = IndexReport()
        """What indexing did when the assistant was opened, or last refreshed."""

    @classmethod
    def open(
        cls,
        articles: str | Path | Sequence[str | Path] | None = None,
        *,
        data_dir: str | Path | None = None,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
        wait: bool = True,
        keep_restored: bool = True,
    ) -> Assistant:
        """Index what is new or changed in the folders, then open them for questions.

        `articles` is a folder or several; None takes those of the settings, else the five
        articles that come with Footnote. `encoder` takes the place of the settings' encoder.
        `stop`, asked between files, ends the indexing early; the next one goes on from there.
        While another process is indexing the same folders this one waits; when `wait` is false it
        asks what is indexed so far, if anything is, and does so too, with a notice, where the
        corpus cannot be written. A backup that was put back keeps what has no file in the folders,
        which need not be there, unless `keep_restored` is false.
        Raises an `AssistantError` that says what to do.
        """
        if settings is None:
            settings = Settings(articles=articles, data_dir=data_dir)
        elif articles is not None or data_dir is not None:
            given = {"articles": articles, "data_dir": data_dir}
            settings = Settings(**{**settings.model_dump(), **_present(given)})
        endpoint = Endpoint.of(settings)
        data = settings.resolved_data_dir()
        folders = settings.resolved_articles()
        tell = progress or (lambda _: None)
        notices: list[str] = []
        loading = Loading(settings, data, tell, notices.append, encoder)
        corpus, found = open_sound(corpus_folder(data, folders))
        corpus.engine = settings.engine()
        notices += found
        opened = cls(corpus, folders, loading, loading.fingerprint, notices, endpoint)
        opened._ahead = loading.ahead
        opened._data_dir = data
        if loading.is_spread:
            from embeddings.distributed import PORTION

            opened._portion = PORTION * (settings.workers or 1)
        try:
            wait = wait or not corpus.count()[0]
            opened.refresh(progress, stop=stop, wait=wait, keep_restored=keep_restored)
        except BaseException:
            opened.close()
            raise
        return opened

    def refresh(
        self,
        progress: Callable[[Progress], None] | None = None,
        *,
        stop: Callable[[], bool] | None = None,
        wait: bool = True,
        keep_restored: bool = True,
    ) -> IndexReport:
        """Index what is new or changed in the folders since; answers go on meanwhile.

        `wait` and `keep_restored` are those of `open`.
        """
        try:
            self.report = index_folders(
                self._folders,
                self._corpus,
                self._encoder,
                self._fingerprint,
                progress,
                stop=stop,
                wait=wait,
                portion=self._portion,
                apart=self._data_dir,
                keep_restored=keep_restored,
            )
            self._behind = None
        except DamagedError:
            raise
        except CorpusError as error:
            if wait:
                raise
            articles, passages = self._corpus.count()
            self.report = IndexReport(articles=articles, passages=passages)
            self._behind = f"asking what was indexed before; it could not be renewed: {error}"
        self._synonyms = read_synonyms(self._folders)
        return self.report

    @property
    def generation(self) -> int:
        """Number of changes of the articles so far."""
        return self._corpus.generation()

    @property
    def notices(self) -> tuple[str, ...]:
        """What was found damaged since this was opened, and what was done about it.

        Last, why what is asked is not what is in the folders, if that is so.
        """
        told = (*self._notices, self._behind, _kept(self.report, self._folders))
        return tuple(dict.fromkeys(notice for notice in told if notice))

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the corpus. Nothing is lost: what was indexed is committed already."""
        self._corpus.close()

    # Asking

    def ask(
        self,
        question: str,
        history: Sequence[Mapping[str, str]] = (),
        *,
        filters: Filter | None = None,
        explain: bool = False,
        llm: bool = True,
        detailed: bool = False,
    ) -> Answer:
        """The answer to `question`, or a refusal with its reason; every citation is proven.

        `history` is the conversation so far, oldest first, as `{"role": "user" | "assistant",
        "content": …}`. `filters` says which articles are asked, if not all. With `explain` the
        answer's `explanation` says why it is what it is. A language model writes it if one is set
        and `llm` is true. With `detailed` more follows of what stands around the answer. Raises
        `QuestionError` when there is no question in `question`, no conversation in `history`, or
        nothing that a filter can mean.
        """
        *_, last = self.stream(
            question, history, filters=filters, explain=explain, llm=llm, detailed=detailed
        )
        assert last.answer is not None
        return last.answer

    def stream(
        self,
        question: str,
        history: Sequence[Mapping[str, str]] = (),
        *,
        filters: Filter | None = None,
        explain: bool = False,
        llm: bool = True,
        detailed: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[Event]:
        """The same answer as `ask`, as `Event`s while it is composed.

        `stop`, asked while a language model is waited for, ends it early: no answer comes.
        """
        trace = Trace()
        with trace.stage("resolve"):
            asked = cleaned(question)
            filters = self._known(filters)
            resolved = self._resolved(asked, history)
            resolved = replace(resolved, question=cleaned(resolved.question))
        yield Event("resolved", text=resolved.question)

        endpoint = self._endpoint if llm else None

        def composed() -> tuple[Answer, list[str], _Found]:
            return self._answer(asked, resolved, filters, trace, detailed, endpoint is not None)

        answer, sentences, found = composed()
        yield Event("hits", hits=answer.hits)
        if endpoint and found.parts and answer.refusal not in NOTHING_TO_SAY:
            from assistant.llm.composing import compose as compose_by_llm

            ground = _Ground(self, answer, sentences, found, composed)
            for event in compose_by_llm(
                endpoint,
                answer,
                found.parts,
                ground,
                detailed=detailed,
                left_out=trace.left_out,
                stop=stop,
            ):
                yield _explained(event, found, trace) if explain else event
            return
        yield Event("citations", citations=answer.citations)
        for sentence in sentences:
            yield Event("sentence", text=sentence)
        event = Event("answer", answer=answer)
        yield _explained(event, found, trace) if explain else event

    def _resolved(self, question: str, history: Sequence[Mapping[str, str]]) -> Resolved:
        """The question with what it leans on; typed small, it has the articles' capitals in it."""
        if not history:
            return resolve(question)
        texts_with = cache(self._texts_with)
        turns = [
            {**turn, "content": with_names(turn["content"], texts_with)}
            if turn["role"] == "user"
            else turn
            for turn in last_turns(history)
        ]
        resolved = resolve(with_names(question, texts_with), turns)
        if resolved.question.casefold() == question.casefold():
            return replace(resolved, question=question)
        return resolved

    def _texts_with(self, word: str) -> tuple[str, ...]:
        """Some passages that hold a word."""
        index = self._current_index()
        terms = [term for term in index.lexical.terms(word) if not term.spellings]
        found = index.lexical.search(terms, PASSAGES_WITH_A_WORD)
        return tuple(p.text for p in self._corpus.passages([n for n, _ in found]).values())

    def _answer(
        self,
        asked: str,
        resolved: Resolved,
        filters: Filter | None,
        trace: Trace,
        detailed: bool,
        writes: bool,
    ) -> tuple[Answer, list[str], _Found]:
        """The answer, from one state of the corpus; its text, sentence by sentence; what it found.

        `writes`: a language model is going to word it.

        What was retrieved and cited is proven at one moment, in one transaction. If an article
        has changed or gone by then, the answer is made anew.
        """
        for _ in range(ATTEMPTS):
            try:
                found = self._find(resolved, filters, trace, detailed, writes=writes)
                with trace.stage("compose"):
                    draft = found.draft or self._draft(
                        found.parts, found.articles, found.newest, detailed=detailed
                    )
                with trace.stage("prove"), self._corpus.reading():
                    self._check_unchanged(found.articles)
                    citations, sentences = self._cited(draft)
                    fingerprint = self._corpus.fingerprint()
            except Changed:
                continue
            if draft.refusal:
                sentences = [refusal_text(draft.refusal, found.hits, found.articles.get)]
            answer = Answer(
                question=asked,
                standalone_question=resolved.question,
                text=" ".join(sentences),
                refusal=draft.refusal,
                confidence=draft.confidence,
                citations=citations,
                hits=found.hits,
                notes=(*draft.notes, *dict.fromkeys(found.notes)),
                corpus=fingerprint,
            )
            return answer, sentences, found
        raise CorpusError(say("the articles are changing faster than they can be asked; ask again"))

    def _find(
        self,
        resolved: Resolved,
        filters: Filter | None,
        trace: Trace,
        detailed: bool,
        *,
        writes: bool = False,
    ) -> _Found:
        """Everything that the composers need; raises `Changed` when articles change meanwhile."""
        articles: dict[str, Article] = {}
        with trace.stage("filter"):
            scope = scope_of(resolved.question, filters, self._corpus.outlines())
        notes = list(scope.notes)
        trace.filters = scope.notes
        request = request_of(scope.question, scope.newest)
        if request is not None and not (writes and request.kind == "about"):
            draft, hits = self._digest(request, scope, articles, trace, detailed)
            # What no sentence speaks of as a whole may still be answered: "the mayor's plans".
            if draft.refusal is None or request.kind != "about":
                return _Found([], hits, articles, notes, None, draft)
        if asks_nothing(scope.question) and self._current_index().lexical.size:
            notes.append(say("Nothing was asked: put a question to the articles."))
            return _Found([], (), articles, notes, None, Draft("nothing_relevant", 0.0))
        searches: list[Retrieved] = []
        parts, hits = self._retrieve_parts(scope, resolved.said, articles, searches, trace)
        notes.extend(notes_of(searches))
        return _Found(parts, hits, articles, notes, self._newest(scope))

    def _newest(self, scope: Scope) -> str | None:
        """Date of the newest article that is asked."""
        if scope.keys is None:
            return scope.newest
        asked = frozenset(scope.keys)
        dates = (o.date for o in self._corpus.outlines() if o.key in asked)
        return max(filter(None, dates), default=None)

    def _digest(
        self,
        request: Request,
        scope: Scope,
        articles: dict[str, Article],
        trace: Trace,
        detailed: bool,
    ) -> tuple[Draft, tuple[Hit, ...]]:
        """A digest, and the hits of its topic; what it looked at is put into `articles`."""
        index = self._current_index()
        if not index.lexical.size:
            return Draft("no_articles", 0.0), ()
        outlines = self._corpus.outlines()
        asked = [o for o in outlines if scope.keys is None or o.key in scope.keys]
        if request.periods:
            asked = [
                o for o in asked if o.date and any(p.holds(o.date, o.date) for p in request.periods)
            ]
        newest_first = sorted(asked, key=lambda o: o.date or "", reverse=True)
        hits: tuple[Hit, ...] = ()
        if request.topic:
            with trace.stage("retrieve"):
                allowed = self._allowed(scope)
                found = self._retrieve(request.topic, TOPIC_HITS, index, allowed, scope.newest)
            trace.retrieved[request.topic] = found
            hits = found.hits

        def article(article_id: str) -> Article | None:
            if article_id not in articles and (one := self._corpus.article(article_id)):
                articles[article_id] = one
            return articles.get(article_id)

        draft = compose_digest(
            request,
            [o.id for o in newest_first],
            hits,
            article,
            sentences_of,
            self._encoder,
            speaks_to,
            detailed=detailed,
        )
        return draft, hits

    def _check_unchanged(self, articles: Mapping[str, Article]) -> None:
        for article_id, article in articles.items():
            now = self._corpus.article(article_id)
            if now is None or now.sha256 != article.sha256:
                raise Changed

    def retrieve(
        self, question: str, k: int = 10, *, filters: Filter | None = None
    ) -> tuple[Hit, ...]:
        """The `k` best passages for `question`, best first."""
        index = self._current_index()
        filters = self._known(filters)
        if not index.lexical.size or k < 1:
            return ()
        scope = scope_of(cleaned(question), filters, self._corpus.outlines())
        return self._retrieve(scope.question, k, index, self._allowed(scope), scope.newest).hits

    def _known(self, filters: Filter | None) -> Filter | None:
        """The filter with its articles' own ids; raises `QuestionError` for what is not there."""
        if not filters:
            return None
        found = [(name, self._corpus.article(name)) for name in filters.articles]
        for name, article in found:
            if article is None:
                raise QuestionError(self._unknown(name))
        filters = as_named(filters, self._folders)
        check(filters, self._corpus.outlines())
        return replace(filters, articles=tuple(article.id for _, article in found if article))

    def _allowed(self, scope: Scope) -> list[int] | None:
        return None if scope.keys is None else self._corpus.passage_numbers(scope.keys)

    def _retrieve(
        self, question: str, k: int, index: Index, allowed: list[int] | None, newest: str | None
    ) -> Retrieved:
        return retrieve(
            question,
            k,
            index,
            self._encoder(),
            self._corpus,
            self._synonyms,
            allowed=allowed,
            newest=newest,
        )

    def _retrieve_parts(
        self,
        scope: Scope,
        before: str,
        articles: dict[str, Article],
        searches: list[Retrieved],
        trace: Trace,
    ) -> tuple[list[Part], tuple[Hit, ...]]:
        """Each part of the question read, and the hits of the question as a whole.

        `before` is the answer that the question goes on from.
        The articles of the hits are put into `articles`, what each search found into `searches`.
        """
        question, allowed = scope.question, self._allowed(scope)
        # Loading is not Python's work: the reader and the encoder come up while the indexes do.
        # No daemons: whoever ends a thread in the middle of it aborts the process, after Ctrl-C.
        for load in (prepare, self._ahead):
            threading.Thread(target=load).start()
        with trace.stage("open"):
            index = self._current_index()
        if not index.lexical.size:
            return [], ()

        def find(part: str) -> Retrieved:
            with trace.stage("retrieve"):
                found = self._retrieve(part, PASSAGES_READ, index, allowed, scope.newest)
            trace.retrieved[found.question] = found
            searches.append(found)
            self._hold(found, articles)
            return found

        def answer(found: Retrieved, asked: str, *, of_several: bool = False) -> Part:
            with trace.stage("read"):
                reading = read(found, index, articles.get, of_several=of_several, said=before)
            return Part(found.question, reading, found.hits, found.best_cosine, asked)

        def answers(found: Retrieved, asked: str) -> list[Part]:
            """The part, or one for each of its names where no one sentence speaks of them all."""
            part = answer(found, asked)
            named = split_names(part.question) if asks_of_several(part) else ()
            parts = [answer(find(one), one) for one in named]
            least = Calibration.load().least_confidence
            said = any(one.reading.confidence >= least for one in parts)
            return parts if said else beside(part, least)

        def beside(part: Part, least: float) -> list[Part]:
            """The part, with what is asked of each of its sides alone; these, if only they are."""
            found = (find(side.question) for side in sides_unsaid(part))
            sides = [answer(one, one.question, of_several=True) for one in found]
            said = any(side.reading.confidence >= least for side in sides)
            if part.reading.confidence < least and said:
                return sides
            return [replace(part, sides=tuple(sides))]

        whole = find(question)
        question = whole.question
        asked = (question,) if compares(question) else split_parts(question)
        if len(asked) == 1:
            return answers(whole, question), whole.hits
        opening = [{"role": "user", "content": asked[0]}]
        alone = (asked[0], *(self._resolved(part, opening).question for part in asked[1:]))
        found = [answers(find(one), said) for one, said in zip(alone, asked, strict=True)]
        return [part for parts in found for part in parts], whole.hits

    def _hold(self, found: Retrieved, articles: dict[str, Article]) -> None:
        """Put the articles of the hits into `articles`; raises `Changed` if they are others now."""
        for hit in found.hits:
            passage = hit.passage
            article = articles.get(passage.article_id) or self._corpus.article(passage.article_id)
            if article is None or article.text[passage.start : passage.end] != passage.text:
                raise Changed
            articles[passage.article_id] = article

    def _draft(
        self,
        parts: Sequence[Part],
        articles: Mapping[str, Article],
        newest: str | None,
        *,
        detailed: bool = False,
    ) -> Draft:
        if not parts:
            return Draft("no_articles", 0.0)
        least = Calibration.load().least_confidence
        return compose(parts, least, articles, newest, detailed=detailed)

    def _cited(self, draft: Draft) -> tuple[tuple[Citation, ...], list[str]]:
        """A proven citation for each sentence, and each sentence with its marker."""
        citations = []
        sentences = []
        for number, one in enumerate(draft.sentences, start=1):
            article = self.article(one.article_id)
            citation = cite(article, one.start, one.end, number, one.answer)
            citations.append(citation)
            sentences.append(f"{shown(citation.quote)}[{number}]")
        return tuple(citations), sentences

    def _current_index(self) -> Index:
        """The indexes of the corpus as it is now, loaded or rebuilt when it has changed."""
        with self._lock:
            if self._index is None or not is_current(self._corpus, self._index):
                try:
                    self._index = open_index(self._corpus, self._index, self._notice)
                except DamagedError:
                    raise
                except CorpusError as error:
                    # What was searched so far still is: what has gone since is not found in it.
                    self._index = self._index or load_index(self._corpus)
                    if self._index is None or not self._same_build(self._index):
                        raise
                    self._notice(f"the indexes could not be brought up to date: {error}")
                self._check_encoder()
            return self._index

    def _notice(self, told: str) -> None:
        """Keep a notice once: what is wrong at one question is so at the next."""
        if told not in self._notices:
            self._notices.append(told)

    def _same_build(self, index: Index) -> bool:
        current = self._corpus.build()
        return current is not None and current[0] == index.build

    def _check_encoder(self) -> None:
        """Raises `CorpusError` when the vectors are those of another encoder by now."""
        current = self._corpus.build()
        if current is not None and current[1] != made_with(self._fingerprint()):
            self._index = None
            raise CorpusError(
                say(
                    "the articles are now indexed with another encoder or splitting ({made_with}); "
                    "open the assistant again",
                    made_with=current[1],
                )
            )

    # The articles

    def articles(self) -> tuple[Article, ...]:
        """Every article, by id."""
        return self._corpus.articles()

    def article(self, article_id: str, sha256: str | None = None) -> Article:
        """The article; raises `CorpusError`, naming near ids, when there is none of this id.

        With the `sha256` of a text, it is the one with that text, if that had this id: its file
        may have moved, and another article may have the id by now.
        """
        found = self._article(article_id, sha256)
        if found is None:
            raise CorpusError(self._unknown(article_id))
        return found

    def known(self, article_id: str, sha256: str | None = None) -> Article | StoredFile | None:
        """The article; else what became of the file of that name; None if there was none."""
        return self._article(article_id, sha256) or self._corpus.file(article_id)

    def _article(self, article_id: str, sha256: str | None) -> Article | None:
        cited = self._corpus.cited(article_id, sha256) if sha256 else None
        return cited or self._corpus.article(article_id)

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        """One page of the articles that match, or of the files that were refused."""
        return self._corpus.catalog(query)

    def suggested_synonyms(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Equal names that the articles define and the synonyms file lacks, with the articles."""
        texts = ((article.id, article.text) for article in self._corpus.articles())
        return suggestions(texts, self._synonyms)

    def remove(self, article_id: str) -> None:
        """Take an article out, at once and from every index, and keep its text out."""
        if self._corpus.article(article_id) is None:
            raise CorpusError(self._unknown(article_id))
        self._corpus.remove(article_id)
        self._current_index()

    @property
    def uploads(self) -> Path:
        """The folder of the files that were added by hand."""
        return self._corpus.folder / UPLOADS

    def add(self, parts: tuple[str, ...]) -> Added:
        """Index the file at `parts` below `uploads`; it is asked as soon as this returns."""
        from embeddings.uploading import add_upload

        return add_upload(parts, self._corpus, self._encoder, self._fingerprint)

    def forget(self, article_id: str) -> None:
        """Take out an article that was added by hand; it can be added again."""
        from embeddings.uploading import forget_upload

        forget_upload(article_id, self._corpus)

    def _unknown(self, article_id: str) -> str:
        from difflib import get_close_matches

        file = self._corpus.file(article_id)
        if file is not None:
            reason = file.reason or file.state
            return say("{name} is no article: {reason}", name=repr(article_id), reason=reason)
        ids = [outline.id for outline in self._corpus.outlines()]
        near = get_close_matches(article_id, ids, n=3, cutoff=0.3)
        hint = (
            say("did you mean {names}?", names=", ".join(near))
            if near
            else say("see: assistant list")
        )
        return say("there is no article {name}; {hint}", name=repr(article_id), hint=hint)

    # Proof and repair

    def verify(self, saved: dict[str, Any]) -> tuple[Finding, ...]:
        """Check a saved answer (`Answer.to_dict()`) against the articles."""
        return verify(saved, self._corpus.article, self._corpus.cited)

    def doctor(self, progress: Callable[[Progress], None] | None = None) -> tuple[Check, ...]:
        """Verify all that is stored, and repair what can be: damaged articles are read again."""
        from embeddings.checking import Check, check_corpus

        corpus, notices = open_sound(self._corpus.folder)
        corpus.close()
        if notices:
            self._notices += notices
            self.refresh(progress)
        with self._lock:
            self._index = None
        found = dict.fromkeys(self._notices)
        repaired = tuple(Check("repair", True, notice, repaired=True) for notice in found)
        kept = _kept(self.report, self._folders)
        folders = (
            Check("folders", not self._behind, told) for told in (self._behind, kept) if told
        )
        return (*repaired, *folders, *check_corpus(self._corpus, progress))

    def export(self, path: Path, progress: Callable[[Progress], None] | None = None) -> int:
        """Write a backup of all that is indexed to a file; the number of its articles."""
        from embeddings.backup import export_corpus

        return export_corpus(self._corpus, path, progress)


def restore(
    backup: Path, settings: Settings, progress: Callable[[Progress], None] | None = None
) -> int:
    """Put a backup in place for the settings' articles; the number of its articles.

    What has no file in their folders is kept until they are indexed with `keep_restored` false,
    or until each file of the backup has been there.
    """
    from embeddings.backup import import_corpus

    folder = corpus_folder(settings.resolved_data_dir(), settings.resolved_articles())
    with restoring(folder):
        return import_corpus(backup, folder, progress)


def _kept(report: IndexReport, folders: Sequence[Path]) -> str | None:
    """What is to be told of a backup's articles that have no file."""
    if not report.kept:
        return None
    there = ", ".join(map(str, folders))
    return (
        f"{len(report.kept)} of the backup's files are not in {there}; what they hold is kept, "
        "until `assistant index` is run there"
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a question found, in one state of the corpus."""

    parts: list[Part]
    hits: tuple[Hit, ...]
    articles: dict[str, Article]
    """The articles of everything that was found, by id."""
    notes: list[str]
    newest: str | None
    """Date of the newest article that is asked."""
    draft: Draft | None = None
    """What answers already, because a digest was asked for."""


def _explained(event: Event, found: _Found, trace: Trace) -> Event:
    """The event, with an explanation of the answer that it brings, if it brings one."""
    if event.answer is None:
        return event
    told = explain(
        event.answer, found.parts, trace, found.articles, Calibration.load(), found.draft
    )
    return replace(event, answer=replace(event.answer, explanation=told))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a language model's answer is proven by, as `assistant.llm.composing.Ground` has it."""

    assistant: Assistant
    answer: Answer
    sentences: list[str]
    found: _Found
    again: Callable[[], tuple[Answer, list[str], _Found]]

    @property
    def articles(self) -> Mapping[str, Article]:
        return self.found.articles

    @property
    def notes(self) -> Sequence[str]:
        return self.found.notes

    @property
    def newest(self) -> str | None:
        return self.found.newest

    def prove(self, cited: Mapping[int, Source]) -> list[Citation]:
        with self._unchanged({source.article_id for source in cited.values()}):
            return [
                cite(self.articles[source.article_id], source.start, source.end, number)
                for number, source in cited.items()
            ]

    def seal(self, article_ids: Iterable[str]) -> str:
        with self._unchanged(article_ids):
            return self.assistant._corpus.fingerprint()

    def local(self) -> tuple[Answer, list[str]]:
        try:
            with self._unchanged(self.articles):
                return self.answer, self.sentences
        except Changed:
            answer, sentences, _ = self.again()
            return answer, sentences

    @contextmanager
    def _unchanged(self, article_ids: Iterable[str]) -> Iterator[None]:
        """One state of the corpus, in which these articles are as they were found."""
        with self.assistant._corpus.reading():
            self.assistant._check_unchanged({each: self.articles[each] for each in article_ids})
            yield


def corpus_folder(data_dir: Path, folders: Sequence[Path]) -> Path:
    """The sub-folder of the data folder that holds the corpus of these folders."""
    import hashlib
    import os
    import re

    resolved = sorted(str(folder.resolve()) for folder in folders)
    digest = hashlib.sha256(os.fsencode("\0".join(resolved))).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9]+", "-", folders[0].resolve().name).strip("-")[:40] or "articles"
    return data_dir / "corpora" / f"{name}-{digest}"


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def ask(
    question: str,
    history: Sequence[Mapping[str, str]] = (),
    *,
    filters: Filter | None = None,
    llm: bool = True,
    detailed: bool = False,
) -> Answer:
    """Answer from the settings' articles: the five that come with Footnote, unless set otherwise.

    The articles are opened on the first call and stay open for the next.
    """
    with _opening:  # else two threads that ask first would open them twice
        shared = _shared()
    return shared.ask(question, history, filters=filters, llm=llm, detailed=detailed)


_opening = threading.Lock()


@cache
def _shared() -> Assistant:
    return Assistant.open()
