"""Why a file was not read, or may be incomplete, in the reader's language.

The readers say it in English, and it is stored as they say it. So it is known again here by its
wording; what is not known stays as it is. A test compares this list with what the readers say.
"""

from __future__ import annotations

import re
from functools import cache

from assistant.chat.texts.known_texts import Templates, templates, translation
from assistant.chat.texts.language import N_
from assistant.chat.texts.language import gettext as _

__all__ = ["told_of_file"]

REASONS = (
    N_("the file is empty"),
    N_("the file holds no text"),
    N_("the page holds no text"),
    N_("not text; is the file's name right?"),
    N_("not text in any known encoding; is the file's name right?"),
    N_("not text in any known encoding; save it as UTF-8"),
    N_("not text in any known encoding; the nearest, {codec}, fits badly"),
    N_("1 place could not be decoded as {codec}"),
    N_("{count} places could not be decoded as {codec}"),
    N_("password-protected; save it without a password"),
    N_("copy-protected: its text is encrypted"),
    N_("the e-mail is encrypted"),
    N_("not an e-mail: it has no headers such as From or Subject"),
    N_("nested too deep; its inner messages were not read"),
    N_("the e-mail ends before its last part; it may have been cut short"),
    N_("part of the e-mail is damaged; text of it may be missing"),
    N_("not {name} file but {kind}; is its name right?"),
    N_("not {name} file, or its beginning is damaged"),
    N_("not a DOCX file but another Office document"),
    N_("not a DOCX file: it holds no Word document"),
    N_("not an ODT file but another kind of document"),
    N_("not an ODT file: it holds no document"),
    N_("not an EPUB file: it names no book"),
    N_("the {kind} file is damaged: it does not open as a zip"),
    N_("not read: it packs more than {count} files"),
    N_("not read: it unpacks to more than {count} MB"),
    N_("not read: it unpacks to more than {count} times its size"),
    N_("not read: it unpacks to more than it says"),
    N_("not read: its part {name} defines entities, which could hide a bomb"),
    N_("damaged: its part {name} is missing"),
    N_("damaged: its part {name} does not unpack"),
    N_("damaged: its part {name} is not XML"),
    N_("damaged near line {line} of its part {name}; text after that may be missing"),
    N_("damaged: its groups are nested too deep"),
    N_("the RTF document is damaged"),
    N_("damaged, or not what its name says"),
    N_("its parts are nested too deep to be read"),
    N_("nested too deep; text of its inner parts was not read"),
    N_("its fonts do not tell which characters they show; run text recognition (OCR) on it"),
    N_("a scan without text: its pages are images; run text recognition (OCR) on it first"),
    N_("it holds no text, only images; scans are not read"),
    N_("it holds no text, only drawings"),
    N_("the PDF holds no text"),
    N_("the PDF is damaged: it has no pages"),
    N_("the PDF is damaged: it cannot be opened"),
    N_("the PDF is damaged: none of its pages can be read"),
    N_("the PDF is damaged; text may be missing"),
    N_("the PDF is damaged ({detail}); text may be missing or wrong"),
    N_("a second program ran out of memory on it; text may be missing or wrong"),
    N_("its number of pages is in doubt: {count}; text may be missing or wrong"),
    N_("page {number} is damaged; text may be missing or wrong"),
    N_("{number} pages are damaged; text may be missing or wrong"),
    N_("page {number} is read differently by two programs; text may be missing or wrong"),
    N_("{number} pages are read differently by two programs; text may be missing or wrong"),
    N_("page {number} is written in a font that does not tell its characters; "
       "text may be missing or wrong"),
    N_("{number} pages are written in a font that does not tell its characters; "
       "text may be missing or wrong"),
    N_("page {number} holds an image and no text; scans are not read"),
    N_("pages {number} hold images and no text; scans are not read"),
    N_("page {number} is mostly an image; scans are not read"),
    N_("pages {number} are mostly images; scans are not read"),
    N_("page {number} holds drawings and no text"),
    N_("pages {number} hold drawings and no text"),
    N_("page {number} uses a font that does not tell its characters"),
    N_("pages {number} use a font that does not tell its characters"),
    N_("page {number} is damaged"),
    N_("pages {number} are damaged"),
    N_("took longer than {seconds} s to read"),
    N_("needs more than 1 GiB of memory to read; split it into several files"),
    N_("holds more text than can be read; split it into several files"),
    N_("larger than {megabytes} MB; split it into several files"),
    N_("no reader for this kind of file; use {kinds}"),
    N_("the file crashed its reader"),
    N_("its reader did not answer as it should"),
    N_("its reader refused it"),
    N_("the process that reads it was killed; is memory short?"),
    N_("cannot start the process that reads it: {problem}"),
    N_("cannot be read: {problem}"),
    N_("not a regular file"),
    N_("it is being written to; index again when that is done"),
    N_("its text was removed, and stays out until it changes"),
    N_("{folder} is the data folder, too; choose another (--data-dir or FOOTNOTE_DATA_DIR)"),
    N_("{path}, line {number}: {line} is no pattern as git has them; correct or remove it"),
)  # fmt: skip


def told_of_file(reason: str) -> str:
    """The reason in the language that is chosen; English where it is of another wording."""
    if alone := translation(reason, _patterns()):
        template, values = alone
        return template.format(**values)
    for template, pattern in _patterns():  # several reasons, one after another
        if known := re.compile(f"{pattern.pattern}; (?P<following>.+)").fullmatch(reason):
            values = known.groupdict()
            following = told_of_file(values.pop("following"))
            first = _(template).format(**values)
            return _("{before}; {last}").format(before=first, last=following)
    return reason


@cache
def _patterns() -> Templates:
    return templates(REASONS, "[^;]{1,200}?")
