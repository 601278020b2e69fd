"""An assistant over a library and a second, small corpus beside it, which nobody else is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.service import Assistant
from embeddings.folders import UPLOADS
from embeddings.index import open_index
from embeddings.indexing import index_folders
from embeddings.joined import JoinedCorpus, joined_index
from embeddings.passages import made_with
from embeddings.recovery import open_sound
from embeddings.uploading import Added, add_upload, forget_upload

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.retrieval.filters import Filter
    from embeddings.catalog import CatalogPage, CatalogQuery
    from embeddings.index import Index

__all__ = ["Beside"]


class Beside(Assistant):
    """Answers from both. It lasts for a question: use it in a `with` statement, and make another.

    What it holds open is the second corpus; the library is that of an Assistant which stays open.
    """

    def __init__(self, library: Assistant, folder: Path) -> None:
        """Open the corpus in `folder`, made when absent; raises `CorpusError`."""
        self._library = library
        self._added, damage = open_sound(folder)
        super().__init__(
            JoinedCorpus(library._corpus, self._added),
            library._folders,
            library._encoder,
            library._fingerprint,
            library._notices,
            library._endpoint,
        )
        self._synonyms = library._synonyms
        build = self._added.build()
        if damage or (build and build[1] != made_with(self._fingerprint())):
            # The encoder is another than the last time: what it has made is made anew.
            try:
                index_folders((), self._added, self._encoder, self._fingerprint)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the second corpus."""
        self._added.close()

    def _current_index(self) -> Index:
        return joined_index(self._library._current_index(), open_index(self._added))

    def _known(self, filters: Filter | None) -> Filter | None:
        """Whoever asks only some articles asks those that they have added here, too."""
        known = super()._known(filters)
        if known is None or not known.articles:
            return known
        added = (outline.id for outline in self._added.outlines())
        return replace(known, articles=(*known.articles, *added))

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        """One page of the library."""
        return self._library.catalog(query)

    @property
    def uploads(self) -> Path:
        """The folder of the second corpus's files."""
        return self._added.folder / UPLOADS

    def add(self, parts: tuple[str, ...]) -> Added:
        """Index a file into the second corpus."""
        return add_upload(parts, self._added, self._encoder, self._fingerprint)

    def forget(self, article_id: str) -> None:
        """Take an article out of the second corpus."""
        forget_upload(article_id, self._added)
