"""Texts → chunks for the contenders that have no splitter by characters of their own."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.peers.protocol import CHUNK_CHARACTERS, OVERLAP_CHARACTERS

__all__ = ["split_texts"]


def split_texts(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """(Name of the article, chunk), by langchain's recursive splitter."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS
    )
    return [(name, chunk) for name, text in texts.items() for chunk in splitter.split_text(text)]
