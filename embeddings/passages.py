"""Articles → passages with their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embeddings.splitting import SPLITTING, split_article

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.encoder import Encoder
    from embeddings.records import Article, Passage

    Vector = NDArray[np.float32]

__all__ = ["embedded_text", "made_with", "split_and_encode"]


def made_with(fingerprint: str) -> str:
    """Names the encoder and the splitting that passages are made with."""
    return f"{fingerprint} {SPLITTING}"


def embedded_text(title: str | None, text: str) -> str:
    """What is encoded for a passage: its article's title gives it context."""
    return f"{title}\n{text}" if title else text


def split_and_encode(
    articles: Sequence[Article], encoder: Encoder, known: Mapping[str, Vector] | None = None
) -> list[tuple[tuple[Passage, ...], NDArray[np.float32]]]:
    """The passages of each article and their vectors, all encoded together.

    `known` are vectors of texts that the encoder has encoded before: float32 (d,).
    """
    split = [split_article(article) for article in articles]
    texts = [embedded_text(p.title, p.text) for own in split for p in own]
    vectors = _encoded(texts, encoder, known or {})
    made, first = [], 0
    for own in split:
        made.append((own, vectors[first : first + len(own)]))
        first += len(own)
    return made


def _encoded(
    texts: Sequence[str], encoder: Encoder, known: Mapping[str, Vector]
) -> NDArray[np.float32]:
    import numpy as np

    new = list(dict.fromkeys(text for text in texts if text not in known))
    if len(new) == len(texts):
        return encoder.encode(texts)
    vectors = dict(known)
    if new:
        vectors |= zip(new, encoder.encode(new), strict=True)
    return np.stack([vectors[text] for text in texts])
