"""The errors Footnote raises on purpose, as one small tree.

AssistantError
├── SettingsError      a setting is missing, or does not make sense
├── QuestionError      the question has no words, or is too long to be one
├── ReadError          a file cannot be read as an article
│   └── UnreadError    a file could not be read this time; another time it may be
├── CorpusError        the data folder cannot be opened, read or written
│   ├── DamagedError   what is stored is not what was written
│   └── EngineError    the search engine or the workers cannot be reached, or do not do their work
├── ModelError         model weights are missing, or not the ones that were pinned
└── CitationError      a citation does not match the article it names

Every message says what happened, where, and what to do next, in one line. The
inside raises; only the command line, the browser and the API catch.
"""

from __future__ import annotations

__all__ = [
    "AssistantError",
    "CitationError",
    "CorpusError",
    "DamagedError",
    "EngineError",
    "ModelError",
    "QuestionError",
    "ReadError",
    "SettingsError",
    "UnreadError",
]


class AssistantError(Exception):
    """Base of every error that Footnote raises on purpose."""


class SettingsError(AssistantError):
    """A setting is missing, or does not make sense."""


class QuestionError(AssistantError):
    """The question has no words, or is too long to be a question."""


class ReadError(AssistantError):
    """A file cannot be read as an article."""


class UnreadError(ReadError):
    """A file could not be read this time; when the machine is less busy it may be."""


class CorpusError(AssistantError):
    """The data folder cannot be opened, read or written."""


class DamagedError(CorpusError):
    """What is stored is not what was written."""


class EngineError(CorpusError):
    """The search engine, or the workers that encode, cannot be reached or do not do their work."""


class ModelError(AssistantError):
    """Model weights are missing, or are not the ones that were pinned."""


class CitationError(AssistantError):
    """A citation does not match the article it names."""
