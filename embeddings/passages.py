"""Articles → passages with their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embeddings.splitting import SPLITTING, split_article

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.encoder import Encoder
    from embeddings.records import Article, Passage

__all__ = ["embedded_text", "made_with", "split_and_encode"]


def made_with(fingerprint: str) -> str:
    """Names the encoder and the splitting that passages are made with."""
    return f"{fingerprint} {SPLITTING}"


def embedded_text(title: str | None, text: str) -> str:
    """What is encoded for a passage: its article's title gives it context."""
    return f"{title}\n{text}" if title else text


def split_and_encode(
    articles: Sequence[Article], encoder: Encoder
) -> list[tuple[tuple[Passage, ...], NDArray[np.float32]]]:
    """The passages of each article and their vectors, all encoded together."""
    split = [split_article(article) for article in articles]
    vectors = encoder.encode([embedded_text(p.title, p.text) for own in split for p in own])
    made, first = [], 0
    for own in split:
        made.append((own, vectors[first : first + len(own)]))
        first += len(own)
    return made
