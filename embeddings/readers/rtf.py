"""RTF: control words and text → paragraphs.

A reader of its own: striprtf knows neither the document's title and author, nor the fonts'
encodings, nor where a cell ends and a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from embeddings.errors import ReadError
from embeddings.readers.prose import Prose, Table, iso_date, stated_author, stated_title
from embeddings.records import Document

__all__ = ["read_rtf"]

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE,
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable revtbl rsidtbl generator pict object "
    b"objdata themedata colorschememapping datastore latentstyles filetbl xmlnstbl header headerl "
    b"headerr headerf footer footerl footerr footerf pnseclvl bkmkstart bkmkend "
    b"fldinst operator company category doccomm hlinkbase version keywords "
    b"nonshppict shpinst shprslt private mmathPr xe tc template".split()
)
_SHOWN_OPTIONAL = frozenset(b"shptxt footnote shppict".split())
_CHARACTERS = {
    b"tab": "\t", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
}  # fmt: skip
_BREAKS = frozenset(b"par sect page".split())
_FIELDS = {b"title": "title", b"author": "author", b"creatim": "created"}
_MARKS = frozenset(b"listtext pntext".split())
"""Groups that hold what an item of a list begins with."""
_NUMBER = re.compile(r"\(?([0-9]{1,4})[.)]?")
_LETTER = re.compile(r"\(?[a-z][.)]")
_GONE = {b"v": "hidden", b"deleted": "deleted", b"mvf": "moved"}
"""Words for text that is not shown, or that tracked changes have taken away from where it is."""
_SHIFTS = {b"super": 1, b"up": 1, b"sub": -1, b"dn": -1, b"nosupersub": 0}
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030",
    136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437",
}  # fmt: skip
_DEEPEST = 1_000


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits from the one around it, and gives back at its end."""

    skipped: bool = False
    field: str | None = None
    encoding: str = "cp1252"
    fallback: int = 1
    in_fonts: bool = False
    gone: frozenset[str] = frozenset()
    shift: int = 0

    @property
    def unread(self) -> bool:
        """Whether what stands here is no text of the document."""
        return self.skipped or bool(self.gone)


@dataclass(slots=True)
class _Flow:
    """Text on its way from paragraph to paragraph: the document's, or that of a note."""

    depth: int = 0
    """How many groups are open where it begins; it ends with the last of them."""
    prose: Prose = field(default_factory=Prose)
    table: Table | None = None
    row: list[str] = field(default_factory=list)
    outer: Prose | None = None
    listed: bool = False
    """Whether the paragraph is an item of a list."""
    in_list: bool = False
    """Whether the one before it is."""


@dataclass(slots=True)
class _Reading:
    """An RTF document on its way to text."""

    flow: _Flow = field(default_factory=_Flow)
    around: _Flow | None = None
    """What a note interrupts."""
    notes: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    date: dict[bytes, int] = field(default_factory=dict)
    fonts: dict[int, str] = field(default_factory=dict)
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    skip: int = 0
    high: int = 0
    font: int = 0
    optional: bool = False
    ansi: str = "cp1252"
    lost: int = 0


def read_rtf(content: bytes) -> Document:
    """Paragraphs, list items and table rows in order, then the notes.

    Title, author and day are those that the document states. A list item begins with "- ", or
    with its number or letter.
    """
    reading = _Reading()
    position, closed = 0, False
    while position < len(content):
        found = _TOKEN.match(content, position)
        if found is None:
            position += 1
            continue
        position = found.end()
        if found[1]:
            word = found[1]
            number = int(found[2]) if found[2] else None
            if word == b"bin" and number and number > 0:
                position += number
            _control(reading, word, number)
        elif found[3]:
            _byte(reading, int(found[3], 16))
        elif found[4]:
            _symbol(reading, found[4])
        elif found[5]:
            _group(reading, found[5])
            closed = found[5] == b"}" and not reading.stack
            if closed:
                break
        elif found[6]:
            _bytes(reading, found[6])
    _flush(reading)
    _end_note(reading)
    _end_table(reading)
    for note in reading.notes:
        reading.flow.prose.end_block()
        reading.flow.prose.add(note)
    text = reading.flow.prose.text()
    if not text and not closed:
        raise ReadError("the RTF document is damaged")
    return Document(
        text,
        title=stated_title(reading.fields.get("title")),
        date=_date(reading.date),
        author=stated_author(reading.fields.get("author")),
        incomplete=_damage(reading, closed),
    )


def _damage(reading: _Reading, closed: bool) -> str | None:
    if not closed:
        return "the RTF document ends before its last group; it may have been cut short"
    if reading.lost:
        places = "1 place" if reading.lost == 1 else f"{reading.lost} places"
        return f"{places} could not be decoded"
    return None


def _date(parts: dict[bytes, int]) -> str | None:
    year, month, day = (parts.get(name, 0) for name in (b"yr", b"mo", b"dy"))
    return iso_date(f"{year:04d}-{month}-{day}")


def _group(reading: _Reading, brace: bytes) -> None:
    _flush(reading)
    if brace == b"{":
        if len(reading.stack) >= _DEEPEST:
            raise ReadError("damaged: its groups are nested too deep")
        reading.stack.append(reading.state)
        reading.optional = False
    elif reading.stack:
        left, reading.state = reading.state, reading.stack.pop()
        if left.field == "mark" and reading.state.field != "mark":
            _begin_item(reading)
        if len(reading.stack) < reading.flow.depth:
            _end_note(reading)
    reading.skip = 0


def _begin_note(reading: _Reading) -> None:
    if reading.around is None:
        reading.around, reading.flow = reading.flow, _Flow(depth=len(reading.stack))


def _end_note(reading: _Reading) -> None:
    if reading.around is not None:
        _end_table(reading)
        reading.notes.append(reading.flow.prose.text())
        reading.flow, reading.around = reading.around, None


def _begin_item(reading: _Reading) -> None:
    """An item of a list, of which its mark is known; a cell is one line, and has none."""
    mark = reading.fields.pop("mark", "").strip()
    flow = reading.flow
    if flow.outer is not None:
        return
    if not flow.in_list:
        flow.prose.end_block()
    flow.listed = True
    if number := _NUMBER.fullmatch(mark):
        mark = f"{number[1]}. "
    elif _LETTER.fullmatch(mark):
        mark += " "
    else:  # bullets are letters of odd fonts; a chapter's "2.1" is not shown elsewhere, either
        mark = "- " if len(mark) == 1 else ""
    flow.prose.item(mark)


def _control(reading: _Reading, word: bytes, number: int | None) -> None:
    if word == b"u" and number is not None:
        _unicode(reading, number % 65536)
        return
    _flush(reading)
    reading.skip = 0
    state = reading.state
    optional, reading.optional = reading.optional, False
    skipped = word in _SKIPPED or (optional and word not in _SHOWN_OPTIONAL)
    if skipped or (state.unread and (word in _MARKS or word == b"footnote")):
        reading.state = replace(state, skipped=True, in_fonts=word == b"fonttbl")
    elif word in _FIELDS:
        reading.state = replace(state, field=_FIELDS[word])
    elif word in _MARKS:
        reading.state = replace(state, field="mark")
    elif word == b"footnote":
        _begin_note(reading)
    elif word == b"info":
        reading.state = replace(state, field="ignored")
    elif state.field == "created" and number is not None:
        reading.date[word] = number
    elif word == b"uc":
        reading.state = replace(state, fallback=max(0, number or 0))
    elif word == b"ansicpg" and number:
        reading.ansi = _code_page(number)
        reading.state = replace(state, encoding=reading.ansi)
    elif word in (b"mac", b"pc", b"pca"):
        reading.ansi = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}[word]
        reading.state = replace(state, encoding=reading.ansi)
    elif word == b"f" and number is not None:
        _use_font(reading, number)
    elif word == b"fcharset" and state.in_fonts:
        reading.fonts[reading.font] = _CHARSETS.get(number or 0, "") if number else ""
    elif word == b"plain":
        reading.state = replace(state, encoding=reading.ansi, gone=frozenset(), shift=0)
    elif word in _GONE:
        kind = {_GONE[word]}
        gone = state.gone - kind if number == 0 else state.gone | kind
        reading.state = replace(state, gone=gone)
    elif word in _SHIFTS:
        reading.state = replace(state, shift=0 if number == 0 else _SHIFTS[word])
    elif not state.unread:
        _layout(reading, word)


def _code_page(number: int) -> str:
    import codecs

    name = {10000: "mac_roman", 65001: "utf-8", 936: "gb18030"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


def _use_font(reading: _Reading, number: int) -> None:
    if reading.state.in_fonts:
        reading.font = number
    else:
        encoding = reading.fonts.get(number) or reading.ansi
        reading.state = replace(reading.state, encoding=encoding)


def _layout(reading: _Reading, word: bytes) -> None:
    """Text, paragraphs, lines, cells and rows."""
    if word in _CHARACTERS:
        _text(reading, _CHARACTERS[word])
    elif word in _BREAKS:
        flow = reading.flow
        flow.prose.item("")
        if flow.outer is None:
            _end_table(reading)
            if not flow.listed:
                flow.prose.end_block()
            flow.in_list, flow.listed = flow.listed, False
    elif word == b"line":
        reading.flow.prose.end_line()
    elif word == b"trowd":
        if reading.flow.outer is None:
            reading.flow.prose.end_block()
            reading.flow.table = reading.flow.table or Table()
            reading.flow.outer, reading.flow.prose = reading.flow.prose, Prose()
    elif word in (b"cell", b"nestcell"):
        reading.flow.row.append(reading.flow.prose.text())
        reading.flow.prose = Prose()
        if reading.flow.outer is None:  # a cell of a row that nothing has announced
            reading.flow.prose.add(reading.flow.row.pop() + "\t")
    elif word in (b"row", b"nestrow") and reading.flow.table and reading.flow.outer is not None:
        reading.flow.table.row()
        for cell in reading.flow.row:
            reading.flow.table.cell(cell)
        reading.flow.row.clear()
        reading.flow.prose, reading.flow.outer = reading.flow.outer, None


def _end_table(reading: _Reading) -> None:
    """Write the table that has ended, and what a row without an end holds."""
    if reading.flow.outer is not None:
        rest = [*reading.flow.row, reading.flow.prose.text()]
        reading.flow.prose, reading.flow.outer = reading.flow.outer, None
        reading.flow.row.clear()
        if reading.flow.table:
            reading.flow.table.row()
            for cell in rest:
                reading.flow.table.cell(cell)
    if reading.flow.table:
        reading.flow.table.write(reading.flow.prose)
        reading.flow.table = None


def _symbol(reading: _Reading, symbol: bytes) -> None:
    if symbol == b"*":
        reading.optional = True
        return
    _flush(reading)
    character = {b"~": "\u00a0", b"_": "-", b"\n": "\n", b"\r": "\n"}.get(symbol, "")
    if symbol in b"\\{}":
        character = symbol.decode("ascii")
    if character == "\n":
        _layout(reading, b"par")
    elif character:
        _text(reading, character)


def _unicode(reading: _Reading, unit: int) -> None:
    _flush(reading)
    if 0xD800 <= unit < 0xDC00:
        reading.high = unit
    elif 0xDC00 <= unit < 0xE000 and reading.high:
        _text(reading, chr(0x10000 + ((reading.high - 0xD800) << 10) + unit - 0xDC00))
        reading.high = 0
    else:
        _text(reading, chr(unit))
    reading.skip = reading.state.fallback


def _byte(reading: _Reading, value: int) -> None:
    if reading.skip:
        reading.skip -= 1
    else:
        reading.pending.append(value)


def _bytes(reading: _Reading, run: bytes) -> None:
    skipped = min(reading.skip, len(run))
    reading.skip -= skipped
    reading.pending += run[skipped:]


def _flush(reading: _Reading) -> None:
    """Decode the bytes gathered so far: a character of many bytes may come in several tokens."""
    if not reading.pending:
        return
    run = bytes(reading.pending)
    reading.pending.clear()
    if reading.state.skipped:
        return
    try:
        text = run.decode(reading.state.encoding)
    except (UnicodeDecodeError, LookupError):
        text = run.decode("cp1252", "replace")
        reading.lost += not reading.state.field
    _text(reading, text)


def _text(reading: _Reading, text: str) -> None:
    state = reading.state
    if state.field and not state.skipped:
        reading.fields[state.field] = reading.fields.get(state.field, "") + text
    elif not state.unread:
        flow = reading.flow
        if flow.outer is None and text.strip():
            _end_table(reading)
            if flow.in_list and not flow.listed:
                flow.prose.end_block()
                flow.in_list = False
        flow.prose.shift(state.shift)
        flow.prose.add(text)
