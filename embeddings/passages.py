"""Articles → passages with their vectors.

Passages overlap, and no text is encoded twice for that. The parts that an article is cut into are
encoded, each once; a passage is one part with what stands around it, and its vector is the mean of
the vectors of the parts that it reaches into.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from embeddings.splitting import SPLITTING, split_article, split_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from embeddings.encoder import Encoder
    from embeddings.records import Article, Passage

    Vector = NDArray[np.float32]

__all__ = ["Recipe", "made_with", "recipes", "split_and_encode"]

ENCODING = "parts-1"
"""Names how the vectors of passages are made; those made in different ways never mix."""
BESIDE = 0.3
"""Weight of a character of the parts beside a passage's own part, whose characters weigh 1: less,
since those parts are encoded whole, and the passage reaches into them only. Measured:
docs/decisions/0031."""

Recipe = tuple[tuple[str, float], ...]
"""What a passage's vector is the mean of: texts that are encoded, and the weight of each."""


def made_with(fingerprint: str) -> str:
    """Names the encoder, the splitting and the encoding that passages are made with."""
    return f"{fingerprint} {SPLITTING} {ENCODING}"


def recipes(article: Article, passages: Sequence[Passage]) -> list[Recipe]:
    """What the vector of each of the article's passages is made of.

    Each part is encoded under the article's title, which gives it context.
    """
    parts = split_parts(article.text)
    starts, ends = [start for start, _ in parts], [end for _, end in parts]

    def recipe(passage: Passage) -> Recipe:
        reached = parts[bisect_right(ends, passage.start) : bisect_left(starts, passage.end)]
        shared = [min(end, passage.end) - max(start, passage.start) for start, end in reached]
        own = shared.index(max(shared))
        return tuple(
            (
                _under(passage.title, article.text[start:end].strip()),
                share * (1.0 if place == own else BESIDE),
            )
            for place, ((start, end), share) in enumerate(zip(reached, shared, strict=True))
        )

    return [recipe(passage) for passage in passages]


def _under(title: str | None, text: str) -> str:
    return f"{title}\n{text}" if title else text


def split_and_encode(
    articles: Sequence[Article], encoder: Encoder, known: Mapping[Recipe, Vector] | None = None
) -> list[tuple[tuple[Passage, ...], NDArray[np.float32]]]:
    """The passages of each article and their vectors, all encoded together.

    `known` are vectors that were made before: float32 (d,).
    """
    split = [split_article(article) for article in articles]
    made_of = [
        recipe
        for article, own in zip(articles, split, strict=True)
        for recipe in recipes(article, own)
    ]
    vectors = _encoded(made_of, encoder, known or {})
    made, first = [], 0
    for own in split:
        made.append((own, vectors[first : first + len(own)]))
        first += len(own)
    return made


def _encoded(
    made_of: Sequence[Recipe], encoder: Encoder, known: Mapping[Recipe, Vector]
) -> NDArray[np.float32]:
    """Float32 (n, d), a row of unit norm for each recipe."""
    import numpy as np

    new = list(dict.fromkeys(text for own in made_of if own not in known for text, _ in own))
    vectors = dict(zip(new, encoder.encode(new), strict=True)) if new else {}
    rows = [known[own] if own in known else _mean(own, vectors) for own in made_of]
    return np.stack(rows) if rows else np.empty((0, encoder.dimension), dtype=np.float32)


def _mean(recipe: Recipe, vectors: Mapping[str, Vector]) -> Vector:
    """The weighted mean as a unit vector.

    MiniLM's vector of a text is itself the mean of its word pieces' vectors.
    """
    import numpy as np

    total = np.sum([weight * vectors[text] for text, weight in recipe], axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), dtype=np.float32)
