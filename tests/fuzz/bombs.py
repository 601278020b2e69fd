"""Documents that are small, or simple, and cost their reader as much as they can.

Each is made in memory when it is asked for. Its name says what it is, and its suffix which
reader gets it. `SECRET` stands in a file of the machine that some ask for: no text may hold it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from tests.documents import (
    ENGLISH,
    docx,
    epub,
    members,
    odt,
    pdf_file,
    pdf_stream,
    with_members,
    zipped,
)

__all__ = ["BOMBS", "HEAVY", "SECRET"]

BOMBS: dict[str, Callable[[], bytes]] = {}
HEAVY = frozenset((
    "1,000,000 ends of line.html",
    "10 MB of commas.csv",
    "100,000 pages.pdf",
    "100,000 rows.rtf",
    "3,000,000 rows.csv",
    "30 MB of soft ends of line.eml",
    "300,000 headers.eml",
    "4 MB of ends of line.eml",
    "40 MB of ends of line.csv",
    "40 MB of paragraphs.html",
    "400,000 control words.rtf",
    "49 MB in Windows-1252.txt",
    "49 MB of torn UTF-8.txt",
    "5 MB of open objects.pdf",
    "50,000 encoded words.eml",
    "500,000 empty paragraphs.docx",
    "500,000 empty paragraphs.epub",
    "500,000 empty paragraphs.odt",
    "500,000 surrogates.rtf",
    "a body of 300,000 near boundaries.eml",
    "a boundary of 1,000,000 letters.eml",
    "a million columns of one row, and 1,000 rows.csv",
    "a million columns.csv",
    "a page of 10 MB of text.pdf",
    "a page of 20 MB of operators.pdf",
    "a page tree that doubles thirty times.pdf",
    "a paragraph of 40 MB.docx",
    "a paragraph of 40 MB.epub",
    "a paragraph of 40 MB.odt",
    "a quotation mark that is never closed.csv",
    "a quoted field of 40 MB.csv",
    "a table of 100 × 3,000 cells.docx",
    "a table of 100,000 cells.html",
    "a table of 200,000 objects.pdf",
    "an LZW bomb.pdf",
    "dictionaries nested 200,000 deep on a page.pdf",
    "every delimiter in every row.csv",
    "forms that draw the next one ten times.pdf",
    "one page 5,000 times.pdf",
    "one stream 100,000 times on a page.pdf",
    "quotation marks in the middle.csv",
))  # fmt: skip
"""These cost their reader seconds, so `make torture` throws them and CI does not."""
"""Name, with the suffix → what makes it."""

_SECRET_FILE = Path(__file__).with_name("secret.txt").resolve()
SECRET = _SECRET_FILE.read_text("utf-8").strip()

MIB, GIB = 1 << 20, 1 << 30
BIG = 256 * MIB
"""More than any document unpacks to."""
TEXT = "The harbour bridge reopened on Tuesday after eleven months of repairs."

Builder = Callable[[], bytes]


def _bomb(name: str) -> Callable[[Builder], Builder]:
    def add(build: Builder) -> Builder:
        assert name not in BOMBS, name
        BOMBS[name] = build
        return build

    return add


# Zip


@dataclass(slots=True)
class _Entry:
    """A member as it stands in the file, true or not."""

    name: str
    packed: bytes
    size: int
    crc: int
    method: int = 8
    said_size: int | None = None
    flags: int = 0

    def local(self) -> bytes:
        said = self.size if self.said_size is None else self.said_size
        name = self.name.encode()
        fixed = struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, self.flags, self.method, 0, 0x5865, self.crc,
            len(self.packed), said, len(name), 0,
        )  # fmt: skip
        return fixed + name

    def central(self, offset: int) -> bytes:
        said = self.size if self.said_size is None else self.said_size
        name = self.name.encode()
        fixed = struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, self.flags, self.method, 0, 0x5865, self.crc,
            len(self.packed), said, len(name), 0, 0, 0, 0, 0, offset,
        )  # fmt: skip
        return fixed + name


def _packed(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def _entry(name: str, data: bytes) -> _Entry:
    return _Entry(name, _packed(data), len(data), zlib.crc32(data))


def _repeated(name: str, piece: bytes, times: int, head: bytes = b"", tail: bytes = b"") -> _Entry:
    """A member of `head`, `piece` many times over, `tail`; made without ever holding it."""
    block = piece * max(1, MIB // len(piece))
    blocks = times * len(piece) // len(block)
    squeeze = zlib.compressobj(9, wbits=-15)
    start = squeeze.compress(head) + squeeze.flush(zlib.Z_FULL_FLUSH)
    middle = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    end = squeeze.compress(tail) + squeeze.flush()
    crc = zlib.crc32(head)
    for _ in range(blocks):
        crc = zlib.crc32(block, crc)
    size = len(head) + blocks * len(block) + len(tail)
    return _Entry(name, start + middle * blocks + end, size, zlib.crc32(tail, crc))


def _archive(entries: Iterable[_Entry]) -> bytes:
    out, central, count = bytearray(), bytearray(), 0
    for entry in entries:
        central += entry.central(len(out))
        out += entry.local() + entry.packed
        count += 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(central), len(out), 0)
    return bytes(out + central + end)


_SOUND = {".docx": docx, ".odt": odt, ".epub": epub}
_MAIN = {".docx": "word/document.xml", ".odt": "content.xml", ".epub": "OEBPS/chapter1.xhtml"}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "meta")
)
_AROUND = {
    ".docx": (f'<w:document xmlns:w="{_W}"><w:body>', "</w:body></w:document>"),
    ".odt": (
        f"<office:document-content {_ODF}><office:body><office:text>",
        "</office:text></office:body></office:document-content>",
    ),
    ".epub": ('<html xmlns="http://www.w3.org/1999/xhtml"><body>', "</body></html>"),
}
_PARAGRAPH = {
    ".docx": ("<w:p><w:r><w:t>", "</w:t></w:r></w:p>"),
    ".odt": ("<text:p>", "</text:p>"),
    ".epub": ("<p>", "</p>"),
}


def _others(suffix: str) -> list[_Entry]:
    """Members of a sound document, without the main one."""
    found = members(_SOUND[suffix](ENGLISH))
    return [_entry(name, data) for name, data in found.items() if name != _MAIN[suffix]]


def _body(suffix: str, inside: str) -> bytes:
    return inside.join(_AROUND[suffix]).encode()


def _said(suffix: str, words: str = TEXT) -> str:
    return words.join(_PARAGRAPH[suffix])


def _with_main(suffix: str, inside: str) -> bytes:
    """A sound document with another main part, padded so that no guard finds it packed too well."""
    padding = Random(suffix).randbytes(len(inside) // 60).hex()
    body = _body(suffix, f"{inside}<!--{padding}-->")
    return with_members(_SOUND[suffix](ENGLISH), {_MAIN[suffix]: body})


def _zip_bombs(suffix: str) -> None:
    main, (head, tail) = _MAIN[suffix], _AROUND[suffix]

    def piece() -> bytes:
        return _said(suffix).encode()

    @_bomb(f"a member of 256 MiB of zeros{suffix}")
    def _() -> bytes:
        return _archive([*_others(suffix), _repeated(main, b"\0", BIG)])

    @_bomb(f"another member of 1 GiB{suffix}")
    def _() -> bytes:
        sound = [*_others(suffix), _entry(main, _body(suffix, _said(suffix)))]
        return _archive([*sound, _repeated("media/picture.png", b"\0", GIB)])

    @_bomb(f"a member of 256 MiB of paragraphs{suffix}")
    def _() -> bytes:
        times = BIG // len(piece())
        big = _repeated(main, piece(), times, head.encode(), tail.encode())
        return _archive([*_others(suffix), big])

    @_bomb(f"a member of 190 MB of paragraphs{suffix}")
    def _() -> bytes:
        times = 190_000_000 // len(piece())
        big = _repeated(main, piece(), times, head.encode(), tail.encode())
        return _archive([*_others(suffix), big])

    @_bomb(f"a member that says it is small{suffix}")
    def _() -> bytes:
        big = _repeated(main, piece(), BIG // len(piece()), head.encode(), tail.encode())
        big.said_size = 2_000
        return _archive([*_others(suffix), big])

    @_bomb(f"a member that says it is 4 GiB{suffix}")
    def _() -> bytes:
        small = _entry(main, _body(suffix, _said(suffix)))
        small.said_size = 0xFFFFFFFE
        return _archive([*_others(suffix), small])

    @_bomb(f"a member that says it is not packed{suffix}")
    def _() -> bytes:
        big = _repeated(main, piece(), BIG // len(piece()), head.encode(), tail.encode())
        big.method = 0
        return _archive([*_others(suffix), big])

    @_bomb(f"60,000 members{suffix}")
    def _() -> bytes:
        sound = [*_others(suffix), _entry(main, _body(suffix, _said(suffix)))]
        return _archive([*sound, *(_entry(f"media/{n}.png", b"") for n in range(60_000))])

    @_bomb(f"9,000 members of 1 MiB{suffix}")
    def _() -> bytes:
        sound = [*_others(suffix), _entry(main, _body(suffix, _said(suffix)))]
        one = _repeated("", b"\0", MIB)
        many = (_Entry(f"media/{n}.xml", one.packed, one.size, one.crc) for n in range(9_000))
        return _archive([*sound, *many])

    @_bomb(f"overlapping members{suffix}")
    def _() -> bytes:
        return _overlapping([*_others(suffix), _entry(main, _body(suffix, _said(suffix)))])

    @_bomb(f"the same member 20,000 times{suffix}")
    def _() -> bytes:
        entry = _entry(main, _body(suffix, _said(suffix) * 1_000))
        sound = _others(suffix)
        start = b"".join(each.local() + each.packed for each in sound)
        central, offset = b"", 0
        for each in sound:
            central += each.central(offset)
            offset += len(each.local() + each.packed)
        out = start + entry.local() + entry.packed
        central += entry.central(offset) * 20_000
        count = len(sound) + 20_000
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(central), len(out), 0)
        return out + central + end

    @_bomb(f"zip files in zip files{suffix}")
    def _() -> bytes:
        inner = _archive([_repeated("0", b"\0", 64 * MIB)])
        for _ in range(5):
            inner = zipped({f"{n}.zip": inner for n in range(10)})
        return with_members(_SOUND[suffix](ENGLISH), {"media/inner.zip": inner})

    @_bomb(f"a locked member{suffix}")
    def _() -> bytes:
        locked = _entry(main, _body(suffix, _said(suffix)))
        locked.flags = 1
        return _archive([*_others(suffix), locked])

    @_bomb(f"a member packed in an unknown way{suffix}")
    def _() -> bytes:
        strange = _entry(main, _body(suffix, _said(suffix)))
        strange.method = 99
        return _archive([*_others(suffix), strange])

    @_bomb(f"names that leave the folder{suffix}")
    def _() -> bytes:
        files = ("../../etc/passwd", "/etc/passwd", "..\\..\\x", "C:\\x", "a/../../x", "\x1b[31m")
        return with_members(_SOUND[suffix](ENGLISH), dict.fromkeys(files, b"x"))


def _overlapping(sound: list[_Entry]) -> bytes:
    """Members that all hold one kernel, each quoting the header of the next one.

    David Fifield, "A better zip bomb", WOOT 2019: an uncompressed block covers the header.
    """
    kernel = _repeated("media/last.xml", b"a", 4 * MIB)
    entries, plain = [kernel], b"a" * kernel.size
    for number in range(100):
        header = entries[0].local()
        quote = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + header
        plain = header + plain
        packed = quote + entries[0].packed
        entries.insert(0, _Entry(f"media/{number}.xml", packed, len(plain), zlib.crc32(plain)))
    out, central = bytearray(), bytearray()
    for entry in sound:
        central += entry.central(len(out))
        out += entry.local() + entry.packed
    end_of_all = len(out) + len(entries[0].local() + entries[0].packed)
    for entry in entries:
        central += entry.central(end_of_all - len(entry.local() + entry.packed))
    out += entries[0].local() + entries[0].packed
    count = len(sound) + len(entries)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(central), len(out), 0)
    return bytes(out + central + end)


for each_suffix in _SOUND:
    _zip_bombs(each_suffix)


# XML

_LAUGHS = (
    '<!ENTITY e0 "haha">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)),
    "&e9;",
)
_QUADRATIC = (f'<!ENTITY q "{"q" * 100_000}">', "&q;" * 20_000)
_ENTITIES = {
    "a billion laughs": _LAUGHS,
    "quadratic blow-up": _QUADRATIC,
    "an entity of itself": ('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;"),
    "a file of the machine": (f'<!ENTITY x SYSTEM "{_SECRET_FILE.as_uri()}">', "&x;"),
    "a file of the machine by parameter": (
        f'<!ENTITY % x SYSTEM "{_SECRET_FILE.as_uri()}"><!ENTITY % y "<!ENTITY z \'&#37;x;\'>">%y;',
        "&z;",
    ),
    "the network": ('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', "&x;"),
}
_PLACES = {
    ".docx": ("word/document.xml", "docProps/core.xml", "word/styles.xml", "[Content_Types].xml"),
    ".odt": ("content.xml", "meta.xml"),
    ".epub": ("OEBPS/chapter1.xhtml", "OEBPS/package.opf", "META-INF/container.xml"),
}


def _with_entities(xml: str, declared: str, used: str) -> bytes:
    """The XML with a document type that declares, and the use of it in its longest text."""
    _, _, xml = xml.rpartition("?>\n") if "?>\n" in xml else xml.rpartition("?>")
    xml = xml.removeprefix("<!DOCTYPE html>").lstrip()
    root = xml[1:].split(">")[0].split()[0].strip("/")
    at = max((xml.find("<", i) - i, i) for i, char in enumerate(xml) if char == ">")[1] + 1
    if xml.find("<", at) <= at:  # no text anywhere: inside of the root
        at = xml.index(">") + 1
    return f"<?xml version='1.0'?><!DOCTYPE {root} [{declared}]>{xml[:at]}{used}{xml[at:]}".encode()


def _xml_bombs(suffix: str) -> None:
    for (kind, (declared, used)), place in product(_ENTITIES.items(), _PLACES[suffix]):
        short = place.rsplit("/", 1)[-1].removesuffix(".xml")

        def build(declared: str = declared, used: str = used, place: str = place) -> bytes:
            sound = _SOUND[suffix](ENGLISH)
            xml = members(sound)[place].decode()
            return with_members(sound, {place: _with_entities(xml, declared, used)})

        _bomb(f"{kind}, in {short}{suffix}")(build)

    @_bomb(f"a file of the machine by XInclude{suffix}")
    def _() -> bytes:
        include = (
            f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{_SECRET_FILE.as_uri()}"'
        )
        return _with_main(suffix, _said(suffix) + include + ' parse="text"/>')

    @_bomb(f"XML nested 200,000 deep{suffix}")
    def _() -> bytes:
        open_, close = {
            ".docx": ("<w:sdt>", "</w:sdt>"),
            ".odt": ("<text:span>", "</text:span>"),
            ".epub": ("<b>", "</b>"),
        }[suffix]
        return _with_main(suffix, open_ * 200_000 + _said(suffix) + close * 200_000)

    @_bomb(f"tables in tables, 200 deep{suffix}")
    def _() -> bytes:
        open_, close = {
            ".docx": ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
            ".odt": (
                "<table:table><table:table-row><table:table-cell>",
                "</table:table-cell></table:table-row></table:table>",
            ),
            ".epub": ("<table><tr><td>", "</td></tr></table>"),
        }[suffix]
        return _with_main(suffix, open_ * 80 + _said(suffix) + close * 80)

    @_bomb(f"500,000 empty paragraphs{suffix}")
    def _() -> bytes:
        return _with_main(suffix, _said(suffix, "") * 500_000 + _said(suffix))

    @_bomb(f"a paragraph of 40 MB{suffix}")
    def _() -> bytes:
        return _with_main(suffix, _said(suffix, TEXT * 600_000))

    @_bomb(f"20,000 attributes{suffix}")
    def _() -> bytes:
        many = " ".join(f'a{n}="1"' for n in range(20_000))
        return _with_main(suffix, f"<b {many}/>" + _said(suffix))


for each_suffix in _SOUND:
    _xml_bombs(each_suffix)


@_bomb("a billion spaces.odt")
def _() -> bytes:
    return _with_main(".odt", f'<text:p>{TEXT}<text:s text:c="1000000000"/>end</text:p>')


@_bomb("ten thousand times a hundred thousand spaces.odt")
def _() -> bytes:
    spaces = '<text:s text:c="100000"/>' * 10_000
    return _with_main(".odt", f"<text:p>{TEXT}{spaces}end</text:p>")


@_bomb("a cell repeated 16,384 × 1,048,576 times.odt")
def _() -> bytes:
    cell = (
        f'<table:table-cell table:number-columns-repeated="16384">{_said(".odt")}'
        "</table:table-cell>"
    )
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    return _with_main(".odt", f"<table:table>{row}</table:table>")


@_bomb("a cell over a million columns.docx")
def _() -> bytes:
    span = '<w:tcPr><w:gridSpan w:val="1000000"/></w:tcPr>'
    row = f"<w:tr><w:tc>{span}{_said('.docx')}</w:tc></w:tr>"
    grid = '<w:tblGrid><w:gridCol w:w="1"/></w:tblGrid>'
    return _with_main(".docx", f"<w:tbl><w:tblPr/>{grid}{row * 50}</w:tbl>")


@_bomb("a table of 100 × 3,000 cells.docx")
def _() -> bytes:
    cell = f"<w:tc>{_said('.docx', 'cell')}</w:tc>"
    row = f"<w:tr>{cell * 100}</w:tr>"
    grid = f"<w:tblGrid>{'<w:gridCol/>' * 100}</w:tblGrid>"
    return _with_main(".docx", f"<w:tbl><w:tblPr/>{grid}{row * 3_000}</w:tbl>")


def _package(manifest: str, spine: str) -> Mapping[str, bytes]:
    return {
        "OEBPS/package.opf": (
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>'
            f"<manifest>{manifest}</manifest><spine>{spine}</spine></package>"
        ).encode()
    }


def _book(manifest: str, spine: str, chapter: str = TEXT) -> bytes:
    page = {"OEBPS/chapter1.xhtml": _body(".epub", f"<p>{chapter}</p>")}
    return with_members(epub(ENGLISH), {**_package(manifest, spine), **page})


@_bomb("one chapter 100,000 times.epub")
def _() -> bytes:
    item = '<item id="c" href="chapter1.xhtml" media-type="application/xhtml+xml"/>'
    return _book(item, '<itemref idref="c"/>' * 100_000, TEXT * 1_000)


@_bomb("one chapter under 20,000 names.epub")
def _() -> bytes:
    items = "".join(
        f'<item id="c{n}" href="chapter1.xhtml#{n}" media-type="application/xhtml+xml"/>'
        for n in range(20_000)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(20_000))
    return _book(items, spine, TEXT * 1_000)


@_bomb("chapters that are files of the machine.epub")
def _() -> bytes:
    secret = str(_SECRET_FILE)
    hrefs = (f"../../../../../..{secret}", secret, _SECRET_FILE.as_uri(), "../../etc/passwd",
             "http://127.0.0.1:9/", "%2e%2e/%2e%2e/etc/passwd", "chapter1.xhtml")  # fmt: skip
    items = "".join(
        f'<item id="c{n}" href="{href}" media-type="application/xhtml+xml"/>'
        for n, href in enumerate(hrefs)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(hrefs)))
    return _book(items, spine)


@_bomb("a package that names itself.epub")
def _() -> bytes:
    item = '<item id="c" href="package.opf" media-type="application/xhtml+xml"/>'
    return _book(item, '<itemref idref="c"/>')


# PDF


def _zeros(size: int) -> bytes:
    """`size` zeros in zlib's format: blocks that do not depend on each other, and the checksum."""
    squeeze = zlib.compressobj(9, wbits=-15)
    block = squeeze.compress(bytes(MIB)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    blocks = size // MIB
    checksum = ((blocks * MIB) % 65521) << 16 | 1
    return b"\x78\x9c" + block * blocks + b"\x03\x00" + checksum.to_bytes(4)


_SAY = b"BT /F1 11 Tf 72 720 Td (" + TEXT.encode() + b") Tj ET"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def _page(contents: bytes = b"4 0 R", more: bytes = b"", font: bytes = b"5 0 R") -> bytes:
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %s"
        b" /Resources << /Font << /F1 %s >> %s >> >>" % (contents, font, more)
    )


def _one_page(
    changed: Mapping[int, bytes] | None = None, trailer: bytes = b"", root: int = 1
) -> bytes:
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: _page(),
        4: pdf_stream(_SAY),
        5: _FONT,
    }
    return pdf_file(objects | dict(changed or {}), root=root, trailer=trailer)


@_bomb("a page of 2 GiB of zeros.pdf")
def _() -> bytes:
    return _one_page({4: pdf_stream(_zeros(2 * GIB), b"/Filter /FlateDecode")})


@_bomb("a page of 2 GiB, packed twice.pdf")
def _() -> bytes:
    twice = zlib.compress(_zeros(2 * GIB))
    return _one_page({4: pdf_stream(twice, b"/Filter [/FlateDecode /FlateDecode]")})


@_bomb("a page packed a thousand times.pdf")
def _() -> bytes:
    data = _SAY
    for _ in range(1_000):
        data = zlib.compress(data)
    return _one_page({4: pdf_stream(data, b"/Filter [%s]" % (b"/FlateDecode " * 1_000))})


@_bomb("a page of 20 MB of operators.pdf")
def _() -> bytes:
    return _one_page({4: pdf_stream(_SAY + b" q Q" * 5_000_000, compressed=True)})


@_bomb("a page of 10 MB of text.pdf")
def _() -> bytes:
    shown = b"BT /F1 11 Tf 72 720 Td " + b"(" + TEXT.encode() + b") Tj T* "
    return _one_page({4: pdf_stream(shown + b"(word word) Tj T* " * 550_000 + b"ET", b"", True)})


@_bomb("an LZW bomb.pdf")
def _() -> bytes:
    return _one_page({4: pdf_stream(_lzw_zeros(), b"/Filter /LZWDecode")})


def _lzw_zeros() -> bytes:
    """LZW whose every code is the one just defined, so that each is longer than the last."""
    bits, width, out = [], 9, 258
    codes = [256, 0, *range(258, 4095)]
    for code in codes:
        bits.append(f"{code:0{width}b}")
        out = max(out, code + 1)
        if out + 1 >= 1 << width and width < 12:
            width += 1
    one = "".join(bits)
    one += "0" * (-len(one) % 8)
    block = int(one, 2).to_bytes(len(one) // 8)
    return block * 1_000


@_bomb("run lengths.pdf")
def _() -> bytes:
    packed = zlib.compress(b"\x81\0" * (8 * MIB))
    return _one_page({4: pdf_stream(packed, b"/Filter [/FlateDecode /RunLengthDecode]")})


@_bomb("a predictor of two billion columns.pdf")
def _() -> bytes:
    entries = (
        b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647"
        b" /Colors 32 /BitsPerComponent 16 >>"
    )
    return _one_page({4: pdf_stream(zlib.compress(_SAY), entries)})


@_bomb("a picture of 65,000 × 65,000.pdf")
def _() -> bytes:
    entries = (
        b"/Type /XObject /Subtype /Image /Width 65000 /Height 65000 /ColorSpace /DeviceRGB"
        b" /BitsPerComponent 8 /Filter /FlateDecode"
    )
    drawn = pdf_stream(_SAY + b" q 612 0 0 792 0 0 cm /Im Do Q")
    picture = pdf_stream(_zeros(GIB), entries)
    return _one_page({3: _page(more=b"/XObject << /Im 6 0 R >>"), 4: drawn, 6: picture})


@_bomb("a page tree that is a circle.pdf")
def _() -> bytes:
    return _one_page({2: b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>"})


@_bomb("two page trees that hold each other.pdf")
def _() -> bytes:
    return _one_page(
        {
            2: b"<< /Type /Pages /Kids [6 0 R 6 0 R] /Count 99999 >>",
            6: b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R 3 0 R] /Count 99999 >>",
        }
    )


@_bomb("a page tree that doubles thirty times.pdf")
def _() -> bytes:
    levels = {
        number: b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count %d >>"
        % (number + 1, number + 1, 1 << (40 - number))
        for number in range(10, 40)
    }
    levels[40] = _page()
    return _one_page(levels | {2: b"<< /Type /Pages /Kids [10 0 R] /Count 1073741824 >>"})


@_bomb("a page tree 50,000 deep.pdf")
def _() -> bytes:
    levels = {
        number: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1)
        for number in range(10, 50_010)
    }
    levels[50_010] = _page()
    return _one_page(levels | {2: b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>"})


@_bomb("100,000 pages.pdf")
def _() -> bytes:
    numbers = range(10, 100_010)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    pages = {number: _page() for number in numbers}
    return _one_page(pages | {2: b"<< /Type /Pages /Kids [%s] /Count 100000 >>" % kids})


@_bomb("one page 5,000 times.pdf")
def _() -> bytes:
    kids = b"3 0 R " * 5_000
    return _one_page({2: b"<< /Type /Pages /Kids [%s] /Count 5000 >>" % kids})


@_bomb("a count of two billion pages.pdf")
def _() -> bytes:
    return _one_page({2: b"<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>"})


@_bomb("one stream 100,000 times on a page.pdf")
def _() -> bytes:
    return _one_page({3: _page(b"[" + b"4 0 R " * 100_000 + b"]")})


@_bomb("forms that draw the next one ten times.pdf")
def _() -> bytes:
    forms = {}
    for number in range(10, 22):
        following = b"/Resources << /Font << /F1 5 0 R >> /XObject << /F %d 0 R >> >>" % (
            number + 1
        )
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] " + following
        forms[number] = pdf_stream(b"/F Do " * 10 if number < 21 else _SAY, entries)
    page = _page(more=b"/XObject << /F 10 0 R >>")
    return _one_page(forms | {3: page, 4: pdf_stream(_SAY + b" /F Do")})


@_bomb("a form that draws itself.pdf")
def _() -> bytes:
    entries = (
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 6 0 R >> >>"
    )
    page = _page(more=b"/XObject << /F 6 0 R >>")
    return _one_page({3: page, 4: pdf_stream(_SAY + b" /F Do"), 6: pdf_stream(b"/F Do", entries)})


for each_name, each_open, each_close in (
    ("arrays", b"[", b"]"),
    ("dictionaries", b"<</A", b">>"),
    ("brackets", b"(", b")"),
):

    def _nested(open_: bytes = each_open, close: bytes = each_close) -> bytes:
        return _one_page({6: open_ * 200_000 + close * 200_000, 1: (
            b"<< /Type /Catalog /Pages 2 0 R /Names 6 0 R /Lang 6 0 R >>"
        )}, trailer=b"/Info 6 0 R")  # fmt: skip

    def _nested_in_page(open_: bytes = each_open, close: bytes = each_close) -> bytes:
        nested = open_ * 200_000 + close * 200_000
        return _one_page({4: pdf_stream(_SAY + b" " + nested + b" Tj", compressed=True)})

    _bomb(f"{each_name} nested 200,000 deep.pdf")(_nested)
    _bomb(f"{each_name} nested 200,000 deep on a page.pdf")(_nested_in_page)


@_bomb("an object that is itself.pdf")
def _() -> bytes:
    return _one_page({5: b"5 0 R", 4: b"4 0 R"}, trailer=b"/Info 5 0 R")


@_bomb("a length that is its own stream.pdf")
def _() -> bytes:
    return _one_page({4: b"<< /Length 4 0 R >>\nstream\n" + _SAY + b"\nendstream"})


def _with_xref_stream(entries: bytes, rows: bytes, objects: bytes = b"") -> bytes:
    head = b"%PDF-1.5\n" + objects
    stream = pdf_stream(rows, b"/Type /XRef /Root 1 0 R " + entries, compressed=True)
    return head + b"9 0 obj\n" + stream + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


@_bomb("a cross-reference of two billion rows.pdf")
def _() -> bytes:
    entries = b"/Size 2147483647 /W [1 4 1] /Index [0 2147483647]"
    return _with_xref_stream(entries, bytes(60_000_000))


@_bomb("a cross-reference of rows without width.pdf")
def _() -> bytes:
    return _with_xref_stream(b"/Size 2147483647 /W [0 0 0] /Index [0 2147483647]", b"x")


@_bomb("a cross-reference of rows of a gigabyte.pdf")
def _() -> bytes:
    return _with_xref_stream(b"/Size 5 /W [1073741824 1073741824 1] /Index [0 5]", b"x" * 1_000)


@_bomb("a table of two billion objects.pdf")
def _() -> bytes:
    return _one_page().replace(b"xref\n0 6\n", b"xref\n0 2147483647\n")


@_bomb("a table of 200,000 objects.pdf")
def _() -> bytes:
    sound = _one_page()
    start = sound.index(b"xref\n")
    rows = b"0000000015 00000 n \n" * 200_000
    table = b"xref\n0 200000\n" + rows + b"trailer\n<< /Size 200000 /Root 1 0 R >>\n"
    return sound[:start] + table + b"startxref\n%d\n%%%%EOF\n" % start


@_bomb("cross-references in a circle.pdf")
def _() -> bytes:
    sound = _one_page()
    start = sound.index(b"xref\n")
    return sound.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start)


@_bomb("10,000 cross-references, one after the other.pdf")
def _() -> bytes:
    out = bytearray(_one_page())
    previous = out.index(b"xref\n")
    for _ in range(10_000):
        start = len(out)
        out += b"xref\n0 0\ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\n" % previous
        previous = start
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % previous)


@_bomb("object streams in a circle.pdf")
def _() -> bytes:
    packed = b"6 0 7 10 " + b"<< /A 1 >> << /B 2 >>"
    streams = {
        n: pdf_stream(packed, b"/Type /ObjStm /N 2 /First 9 /Extends %d 0 R" % (17 - n))
        for n in (8, 9)
    }
    body, offsets = bytearray(b"%PDF-1.5\n"), {}
    for number, stream in streams.items():
        offsets[number] = len(body)
        body += b"%d 0 obj\n" % number + stream + b"\nendobj\n"
    rows = [(0, 0), *((2, 8) for _ in range(6)), (2, 9), (2, 9), (2, 8)]
    table = b"".join(kind.to_bytes(1) + where.to_bytes(4) + b"\0" for kind, where in rows)
    start = len(body)
    entries = b"/Type /XRef /Size 10 /W [1 4 1] /Root 1 0 R"
    body += b"10 0 obj\n" + pdf_stream(table, entries) + b"\nendobj\n"
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


@_bomb("an object stream of a billion objects.pdf")
def _() -> bytes:
    packed = pdf_stream(
        _zeros(512 * MIB), b"/Type /ObjStm /N 999999999 /First 9 /Filter /FlateDecode"
    )
    head = b"%PDF-1.5\n"
    body = head + b"8 0 obj\n" + packed + b"\nendobj\n"
    rows = b"".join(b"\x02" + (8).to_bytes(4) + bytes([n]) for n in range(8)) + b"\x01\0\0\0\x09\0"
    stream = pdf_stream(rows, b"/Type /XRef /Size 9 /W [1 4 1] /Root 1 0 R")
    return body + b"9 0 obj\n" + stream + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


def _with_cmap(cmap: bytes) -> bytes:
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /H /Encoding /Identity-H"
        b" /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>"
    )
    inner = (
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /H"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
    )
    shown = pdf_stream(b"BT /F1 11 Tf 72 720 Td <00410042> Tj ET")
    return _one_page({4: shown, 5: font, 6: inner, 7: pdf_stream(cmap, compressed=True)})


@_bomb("a character map of four billion characters.pdf")
def _() -> bytes:
    ranges = b"1 beginbfrange\n<00000000> <ffffffff> <00000041>\nendbfrange\n"
    return _with_cmap(b"begincmap\n" + ranges + b"endcmap")


@_bomb("a character map of a thousand ranges.pdf")
def _() -> bytes:
    ranges = b"<0000> <ffff> <0041>\n" * 1_000
    return _with_cmap(b"begincmap\n1000 beginbfrange\n" + ranges + b"endbfrange\nendcmap")


@_bomb("a character that is a megabyte of text.pdf")
def _() -> bytes:
    long = b"0041" * 500_000
    chars = b"begincmap\n1 beginbfchar\n<0041> <%s>\nendbfchar\nendcmap" % long
    return _with_cmap(chars).replace(b"<00410042>", b"<" + b"0041" * 3_000 + b">")


@_bomb("a font of a billion widths.pdf")
def _() -> bytes:
    font = _FONT[:-2] + b"/FirstChar 0 /LastChar 999999999 /Widths [600] >>"
    return _one_page({5: font})


@_bomb("outlines in a circle.pdf")
def _() -> bytes:
    return _one_page(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
            6: b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>",
            7: b"<< /Title (a) /Parent 6 0 R /First 7 0 R /Next 7 0 R /Prev 7 0 R >>",
        }
    )


@_bomb("5 MB of open objects.pdf")
def _() -> bytes:
    return b"%PDF-1.4\n" + b"1 0 obj\n" * 600_000


@_bomb("40 MB of ends of file.pdf")
def _() -> bytes:
    return _one_page() + b"startxref\n0\n%%EOF\n" * 2_200_000


@_bomb("10 MB of nothing.pdf")
def _() -> bytes:
    return b"%PDF-1.4\n" + b" " * 10_000_000


@_bomb("a program and an attachment.pdf")
def _() -> bytes:
    action = b"<< /S /Launch /F (/bin/sh) >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s >>" % action
    return _one_page({1: catalog})


# HTML


def _html(inside: str) -> bytes:
    return f"<!DOCTYPE html><html><body><p>{TEXT}</p>{inside}</body></html>".encode()


_HTML = {
    "100,000 divs, one in the other": lambda: "<div>" * 100_000 + TEXT + "</div>" * 100_000,
    "1,000,000 divs, never closed": lambda: "<div>" * 1_000_000 + TEXT,
    "30,000 bold words, one in the other": lambda: "<b><p>a" * 30_000,
    "formatting that is never closed": lambda: "<a><b><i><u><font>" * 20_000 + "<p>x" * 20_000,
    "tables in tables": lambda: "<table><tr><td>" * 20_000 + TEXT,
    "lists in lists": lambda: "<ul><li>" * 50_000 + TEXT,
    "a table of 100,000 cells": lambda: (
        "<table>" + ("<tr>" + "<td>cell</td>" * 100 + "</tr>") * 1_000 + "</table>"
    ),
    "a cell over a billion columns": lambda: (
        f'<table><tr><td colspan="999999999" rowspan="999999999">{TEXT}</td></tr></table>'
    ),
    "an attribute of 40 MB": lambda: f'<p title="{"a" * 40_000_000}">{TEXT}</p>',
    "20,000 attributes": lambda: "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + f">{TEXT}",
    "a word of 10 MB": lambda: "a" * 10_000_000,
    "40 MB of paragraphs": lambda: f"<p>{TEXT}</p>" * 500_000,
    "1,000,000 ends of line": lambda: "<br>" * 1_000_000,
    "a comment that is never closed": lambda: "<!--" + "-" * 10_000_000,
    "comments, opened and opened": lambda: "<!-- " * 2_000_000,
    "a script that is never closed": lambda: "<script>" + "</scrip" * 2_000_000,
    "2,000,000 open brackets": lambda: "<" * 2_000_000,
    "2,000,000 ampersands": lambda: "&" * 2_000_000,
    "references without end": lambda: "&#" + "9" * 5_000_000 + ";",
    "2,000,000 references": lambda: "&CounterClockwiseContourIntegral;" * 1_000_000,
    "declarations in the body": lambda: "<![CDATA[" * 1_000_000,
    "processing instructions": lambda: "<?a " * 1_000_000,
    "ends of what never began": lambda: "</p></b></table>" * 500_000,
    "templates in templates": lambda: "<template>" * 50_000 + TEXT,
    "drawings in drawings": lambda: "<svg><foreignObject>" * 20_000 + TEXT,
    "options": lambda: "<select>" + "<option>a" * 50_000,
    "structured data 100,000 deep": lambda: (
        f'<script type="application/ld+json">{"[" * 100_000}</script>'
    ),
    "spaces that may be a date": lambda: f"<time datetime='{' ' * 1_000_000}'>x</time>",
    "40,000 declared titles": lambda: "<meta property=og:title content=a><title>b</title>" * 20_000,
    "dots between words": lambda: f"<p>{'a.' * 2_000_000}</p>",
}
for each_name, each_inside in _HTML.items():

    def _made(inside: Callable[[], str] = each_inside) -> bytes:
        return _html(inside())

    _bomb(f"{each_name}.html")(_made)


@_bomb("a page that claims another encoding 20,000 times.html")
def _() -> bytes:
    return b'<meta charset="utf-16"><meta charset="gb18030">' * 20_000 + _html("")


# RTF


def _rtf(inside: str) -> bytes:
    return ("{\\rtf1\\ansi\\ansicpg1252\\uc1 " + TEXT + "\\par " + inside + "}").encode()


_RTF: dict[str, Callable[[], str]] = {
    "1,000,000 groups, one in the other": lambda: "{" * 1_000_000 + TEXT + "}" * 1_000_000,
    "5,000,000 groups, never closed": lambda: "{" * 5_000_000,
    "5,000,000 closed groups too many": lambda: "}" * 5_000_000,
    "400,000 control words": lambda: "\\b\\i0" * 400_000,
    "a control word of 10 MB": lambda: "\\" + "a" * 10_000_000,
    "a number of 10 MB": lambda: "\\b" + "9" * 10_000_000,
    "characters to skip without end": lambda: "\\uc999999999\\u65?" + "a" * 1_000_000,
    "binary data of two gigabytes": lambda: "\\bin2147483647 " + "a" * 1_000_000,
    "binary data of less than nothing": lambda: "\\bin-2147483648 " * 100_000,
    "1,000,000 escaped bytes": lambda: "\\'e9" * 1_000_000,
    "500,000 surrogates": lambda: "\\u-10179?" * 500_000,
    "a picture of 40 MB": lambda: "{\\pict\\pngblip " + "00" * 20_000_000 + "}",
    "100,000 fonts": lambda: "{\\fonttbl" + "{\\f1\\fcharset128 a;}" * 100_000 + "}",
    "100,000 rows": lambda: "\\trowd\\cellx1\\intbl a\\cell\\row" * 100_000,
    "5 MB of text": lambda: (TEXT + "\\par\n") * 65_000,
    "objects in objects": lambda: "{\\object{\\*\\objdata " * 100_000,
    "1,000,000 backslashes": lambda: "\\" * 1_000_001,
    "destinations nobody knows": lambda: "{\\*\\unknown {\\b " * 300_000,
}
for each_name, each_rtf in _RTF.items():

    def _made_rtf(inside: Callable[[], str] = each_rtf) -> bytes:
        return _rtf(inside())

    _bomb(f"{each_name}.rtf")(_made_rtf)


# Tables

_CSV: dict[str, Callable[[], str]] = {
    "a million columns": lambda: (
        ",".join(["name"] * 1_000_000) + "\n" + ",".join(["1"] * 1_000_000)
    ),
    "a million columns of one row, and 1,000 rows": lambda: (
        ",".join(map(str, range(1_000_000))) + "\n" + "a,b\n" * 1_000
    ),
    "long names over many rows": lambda: (
        ",".join(f"{'name ' * 2_000}{n}" for n in range(100)) + "\n" + ("1," * 99 + "1\n") * 1_000
    ),
    "a field of 20 MB": lambda: f"name,text\n1,{'a' * 20_000_000}\n",
    "a quoted field of 40 MB": lambda: f'name,text\n1,"{"a b" * 13_000_000}"\n',
    "a quotation mark that is never closed": lambda: 'name,text\n1,"' + "a,b\n" * 1_000_000,
    "3,000,000 rows": lambda: "name,text\n" + "1,word\n" * 3_000_000,
    "10 MB of commas": lambda: "," * 10_000_000,
    "40 MB of quotation marks": lambda: '"' * 40_000_000,
    "40 MB of ends of line": lambda: "a,b\n" + "\r" * 40_000_000,
    "every delimiter in every row": lambda: "a,b;c\td|e:f\n" * 1_000_000,
    "quotation marks in the middle": lambda: 'a"b","c"d,e\n' * 1_000_000,
    "a number of 5,000,000 digits": lambda: "name,text\n" + "9" * 5_000_000 + ",x\n",
    "a row of one letter and 20,000,000 spaces": lambda: "a," + " " * 20_000_000 + "\nb,c\n",
}
for each_name, each_csv in _CSV.items():

    def _made_csv(inside: Callable[[], str] = each_csv) -> bytes:
        return inside().encode()

    _bomb(f"{each_name}.csv")(_made_csv)


# Mail


def _mail(head: str, body: str = TEXT) -> bytes:
    return f"From: a@example.org\r\n{head}\r\n\r\n{body}\r\n".encode()


def _parts(depth: int, open_: Callable[[int], str]) -> str:
    return "".join(map(open_, range(depth))) + f"Content-Type: text/plain\r\n\r\n{TEXT}\r\n"


_EML: dict[str, Callable[[], bytes]] = {
    "10,000 parts, one in the other": lambda: (
        "Subject: a\r\n"
        + _parts(
            10_000, lambda n: f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'
        )
    ).encode(),
    "10,000 letters, one in the other": lambda: (
        _parts(10_000, lambda n: "Subject: a\r\nContent-Type: message/rfc822\r\n\r\n")
    ).encode(),
    "20,000 parts, one after the other": lambda: _mail(
        'Content-Type: multipart/mixed; boundary="b"',
        f"--b\r\n\r\n{TEXT}\r\n" * 20_000 + "--b--",
    ),
    "10,000 boundaries that are one": lambda: (
        _parts(10_000, lambda n: 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n')
    ).encode(),
    "a subject of 30 MB": lambda: _mail("Subject: " + "a" * 30_000_000),
    "a subject of 1,000,000 lines": lambda: _mail("Subject: a" + "\r\n word" * 1_000_000),
    "50,000 encoded words": lambda: _mail("Subject: " + "=?utf-8?q?a?= " * 50_000),
    "nearly encoded words": lambda: _mail("Subject: " + "=?utf-8?q?" * 50_000),
    "300,000 headers": lambda: _mail("X-Any: a\r\n" * 300_000 + "Subject: a"),
    "a sender in 100,000 brackets": lambda: _mail("From: " + "(" * 100_000 + ")" * 100_000),
    "a sender in 100,000 angles": lambda: _mail("From: " + "<" * 100_000),
    "100,000 senders": lambda: _mail("From: " + "a <a@example.org>, " * 100_000),
    "a sender of 1,000,000 quotation marks": lambda: _mail("From: " + '"' * 1_000_000),
    "a sender of 1,000,000 dots": lambda: _mail("From: " + "a." * 500_000 + "@x"),
    "a group in a group": lambda: _mail("From: " + "a:" * 50_000 + ";" * 50_000),
    "a date of 1,000,000 spaces": lambda: _mail("Date: 1" + " " * 1_000_000 + "Jan"),
    "a date in 100,000 brackets": lambda: _mail("Date: " + "(" * 100_000 + ")" * 100_000),
    "a type of 30,000 parameters": lambda: _mail(
        "Content-Type: text/plain" + "".join(f"; a{n}=b" for n in range(30_000))
    ),
    "a parameter in 30,000 pieces": lambda: _mail(
        "Content-Type: text/plain" + "".join(f"; charset*{n}=a" for n in range(30_000))
    ),
    "a type of 100,000 semicolons": lambda: _mail("Content-Type: text/plain" + ";" * 100_000),
    "a type in 100,000 brackets": lambda: _mail("Content-Type: " + "(" * 100_000),
    "a disposition in 100,000 brackets": lambda: _mail("Content-Disposition: " + "(" * 100_000),
    "an encoding of 1,000,000 letters": lambda: _mail(
        "Content-Transfer-Encoding: " + "a" * 1_000_000
    ),
    "an identity of 100,000 brackets": lambda: _mail("Message-ID: " + "<(" * 100_000),
    "a boundary of 1,000,000 letters": lambda: _mail(
        f'Content-Type: multipart/mixed; boundary="{"b" * 1_000_000}"', f"--b\r\n\r\n{TEXT}"
    ),
    "a body of 300,000 near boundaries": lambda: _mail(
        'Content-Type: multipart/mixed; boundary="b"', "--b \r\n--bb\r\n-b\r\n" * 100_000
    ),
    "30 MB in Base64": lambda: _mail(
        "Content-Transfer-Encoding: base64", "VGhlIGJyaWRnZSByZW9wZW5lZC4g\r\n" * 1_000_000
    ),
    "30 MB of equals signs": lambda: _mail(
        "Content-Transfer-Encoding: quoted-printable", "=" * 30_000_000
    ),
    "30 MB of soft ends of line": lambda: _mail(
        "Content-Transfer-Encoding: quoted-printable", "a=\r\n" * 7_500_000
    ),
    "UUencoded without end": lambda: _mail(
        "Content-Transfer-Encoding: x-uuencode", "begin 644 a\r\n" + "M" * 20_000_000
    ),
    "a page 100,000 deep": lambda: _mail(
        "Content-Type: text/html", "<div>" * 100_000 + TEXT
    ),
    "40 MB of colons": lambda: b":" * 40_000_000,
    "4 MB of ends of line": lambda: _mail("Subject: a", "\r" * 4_000_000),
    "a quoted answer, 1,000,000 deep": lambda: _mail("Subject: a", ">" * 1_000_000 + TEXT),
}  # fmt: skip
for each_name, each_mail in _EML.items():
    _bomb(f"{each_name}.eml")(each_mail)


# Text

_TXT: dict[str, Callable[[], bytes]] = {
    "49 MB on a line": lambda: b"a" * 49_000_000,
    "49 MB of ends of line": lambda: b"a" + b"\n" * 49_000_000,
    "49 MB of sentences": lambda: TEXT.encode() * 690_000,
    "49 MB in Windows-1252": lambda: (TEXT + " café ").encode("cp1252") * 630_000,
    "49 MB in UTF-16 without its mark": lambda: (TEXT + " ").encode("utf-16-le") * 340_000,
    "49 MB in GB 18030": lambda: "港口大桥维修后重新开放。".encode("gb18030") * 2_000_000,
    "49 MB of every byte": lambda: bytes(range(1, 256)) * 190_000,
    "49 MB of torn UTF-8": lambda: b"\xe2\x82" * 24_000_000,
    "49 MB of the highest characters": lambda: "\U0001f600".encode() * 12_000_000,
    "a label and 19,000 spaces": lambda: f"Date{' ' * 19_000}x\n\n{TEXT}".encode(),
    "49 MB of escapes": lambda: b"\x1b$B!!" * 9_000_000,
    "more than 50 MB": lambda: b"a " * 25_000_001,
}
for each_name, each_txt in _TXT.items():
    _bomb(f"{each_name}.txt")(each_txt)
