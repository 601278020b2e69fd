"""Small but real documents of every format, made from what they should say.

Each builder takes a `Facts` and returns the bytes of a file; `samples()` is one of each kind,
with what a reader should find in it. The same bytes on every run and every machine.
"""

from __future__ import annotations

import csv
import hashlib
import io
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from html import escape

__all__ = [
    "CHINESE",
    "ENGLISH",
    "Change",
    "Facts",
    "Sample",
    "csv_table",
    "docx",
    "eml",
    "epub",
    "html",
    "markdown",
    "members",
    "odt",
    "pdf",
    "pdf_encrypted",
    "pdf_file",
    "pdf_image_only",
    "pdf_modern",
    "pdf_stream",
    "png",
    "rtf",
    "sample",
    "samples",
    "txt",
    "with_members",
    "zipped",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document says, whatever its format."""

    title: str
    author: str
    date: str
    """ISO 8601, `2024-03-05`."""
    language: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A file, and what a reader should find in it."""

    name: str
    content: bytes
    paragraphs: tuple[str, ...]
    """In this order in the text, up to white space."""
    title: str | None = None
    """What the file states in a field of its own or at its head; None where it states none."""
    author: str | None = None
    date: str | None = None
    language: str | None = None
    absent: tuple[str, ...] = ()
    """Never in the text: scripts, navigation, attachments."""
    pages: int = 0
    """Number of pages, where the format has pages."""
    refused: bool = False
    """No text can be had from it."""

    @property
    def suffix(self) -> str:
        return "." + self.name.rsplit(".", 1)[-1]


ENGLISH = Facts(
    title="Harbour bridge reopens after repairs",
    author="Zoë Lindqvist",
    date="2024-03-05",
    language="en",
    paragraphs=(
        "The harbour bridge at Marrow Point reopened on Tuesday after eleven months of repairs "
        "that cost 14.2 million euros.",
        "“We replaced every cable,” said the chief engineer, Tomás Field. The old cables – 64 of "
        "them – had rusted through at the anchors.",
        "About 9,000 vehicles cross the bridge each day. During the repairs they took the ferry, "
        "which doubled its sailings & hired forty people.",
        "Inspectors will look at the deck again in 2027. If (as expected) the sensors report no "
        "movement, heavy lorries may use it from then on.",
        "The café beneath the bridge, closed since the storm, opens its doors again next week.",
    ),
)  # fmt: skip

CHINESE = Facts(
    title="港口大桥维修后重新开放",
    author="林小雨",
    date="2024-03-05",
    language="zh-CN",
    paragraphs=(
        "经过十一个月的维修，港口大桥于星期二重新开放，总费用为一千四百二十万欧元。",
        "总工程师表示，所有的缆绳都已经更换。旧缆绳共有六十四根，锚固处已经锈穿。",
        "每天约有九千辆汽车通过大桥。维修期间，车辆改乘渡轮，渡轮的班次增加了一倍。",
        "检查人员将在二〇二七年再次检查桥面。如果传感器没有发现移动，重型卡车将可以通行。",
    ),
)

Change = Callable[[int, bytes], bytes]
"""From an object's number and its bytes, uncompressed, to what stands there instead."""

SCRIPT = "var tracker = 'never part of the article';"
MENU = "Home Sports Weather Subscribe"
FOOTER = "Copyright of the Marrow Point Herald, all rights reserved"
ATTACHED = "This sentence stands in the attachment only."
_ZIP_TIME = (2024, 3, 5, 9, 30, 0)


@cache
def samples() -> tuple[Sample, ...]:
    """One document of each kind, in a fixed order."""
    en, zh = ENGLISH, CHINESE
    ascii_only = replace(en, paragraphs=tuple(_ascii(p) for p in en.paragraphs), author="Z. Lind")
    made = [
        _sample("plain.txt", txt(en, "utf-8"), en, *_HEAD),
        _sample("ascii.txt", txt(ascii_only, "ascii"), ascii_only, *_HEAD),
        _sample("windows.txt", txt(en, "cp1252", "\r\n"), en, *_HEAD),
        _sample("marked.txt", txt(en, "utf-8-sig"), en, *_HEAD),
        _sample("utf16.txt", txt(en, "utf-16", "\r\n"), en, *_HEAD),
        _sample("utf32.txt", txt(zh, "utf-32"), zh, *_HEAD),
        _sample("chinese.txt", txt(zh, "utf-8"), zh, *_HEAD),
        _sample("gb18030.txt", txt(zh, "gb18030"), zh, *_HEAD),
        _sample("note.md", markdown(en), en, *_HEAD),
        _sample("article.html", html(en), en, *_ALL, absent=(SCRIPT, MENU, FOOTER)),
        _sample("latin.htm", html(en, "iso-8859-15"), en, *_ALL, absent=(SCRIPT, MENU, FOOTER)),
        _sample("chinese.html", html(zh), zh, *_ALL, absent=(SCRIPT, MENU, FOOTER)),
        _sample("plain.pdf", pdf(en), en, "title", "author", "date", pages=2),
        _sample("flate.pdf", pdf(en, compressed=True), en, "title", "author", "date", pages=2),
        _sample("modern.pdf", pdf_modern(en), en, "title", "author", "date", "language", pages=2),
        _sample("chinese.pdf", pdf_modern(zh), zh, "title", "author", "date", "language", pages=2),
        _sample("open.pdf", pdf_encrypted(en, ""), en, "title", "author", "date", pages=2),
        replace(_sample("locked.pdf", pdf_encrypted(en, "swordfish"), en), refused=True),
        replace(_sample("scan.pdf", pdf_image_only(), en), refused=True, paragraphs=()),
        _sample("report.docx", docx(en), en, *_ALL),
        _sample("chinese.docx", docx(zh), zh, *_ALL),
        _sample("letter.eml", eml(en), en, "title", "author", "date", absent=(ATTACHED,)),
        _sample("html.eml", eml(zh, plain=False), zh, "title", "author", "date",
                absent=(ATTACHED,)),
        _sample("report.rtf", rtf(en), en, "title", "author", "date"),
        _sample("chinese.rtf", rtf(zh), zh, "title", "author", "date"),
        _sample("report.odt", odt(en), en, *_ALL),
        _sample("chinese.odt", odt(zh), zh, *_ALL),
        _sample("book.epub", epub(en), en, *_ALL),
        _sample("chinese.epub", epub(zh), zh, *_ALL),
        _sample("table.csv", csv_table(en), en),
        _sample("semicolons.csv", csv_table(en, ";", "cp1252"), en),
        _sample("table.tsv", csv_table(zh, "\t", "utf-16"), zh),
    ]  # fmt: skip
    return tuple(made)


def sample(name: str) -> Sample:
    """The sample of that file name."""
    return next(each for each in samples() if each.name == name)


_HEAD = ("title", "date")
_ALL = ("title", "author", "date", "language")


def _sample(
    name: str,
    content: bytes,
    facts: Facts,
    *stated: str,
    absent: tuple[str, ...] = (),
    pages: int = 0,
) -> Sample:
    says = {field: getattr(facts, field) for field in stated}
    return Sample(name, content, facts.paragraphs, absent=absent, pages=pages, **says)


def _ascii(text: str) -> str:
    plain = text.translate({0x201C: '"', 0x201D: '"', 0x2013: "-", 0xE9: "e", 0xE1: "a"})
    return plain.encode("ascii").decode()


# Text


def txt(facts: Facts, encoding: str = "utf-8", line_end: str = "\n") -> bytes:
    lines = [facts.title, f"Published: {facts.date}", *facts.paragraphs]
    return ("\n\n".join(lines) + "\n").replace("\n", line_end).encode(encoding)


def markdown(facts: Facts) -> bytes:
    first, *rest = facts.paragraphs
    body = [f"# {facts.title}", f"Date: {facts.date}", first, "## What follows", *rest]
    return ("\n\n".join(body) + "\n\n- a list\n- of two\n\n`code` and [a link](#x)\n").encode()


def csv_table(facts: Facts, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerow(["number", "author", "text", 'said "so"'])
    for number, paragraph in enumerate(facts.paragraphs, 1):
        rows.writerow([number, facts.author, paragraph, "two\nlines"])
    return out.getvalue().encode(encoding)


# HTML


def html(facts: Facts, encoding: str = "utf-8") -> bytes:
    first, *rest = [f"<p>{escape(paragraph)}</p>" for paragraph in facts.paragraphs]
    menu = "".join(f'<li><a href="/{word}">{word}</a></li> ' for word in MENU.split())
    page = f"""<!DOCTYPE html>
<html lang="{facts.language}">
<head>
<meta charset="{encoding}">
<title>{escape(facts.title)}</title>
<meta name="author" content="{escape(facts.author)}">
<meta property="article:published_time" content="{facts.date}T09:30:00+00:00">
<style>p {{ color: #123456; }}</style>
<script>{SCRIPT}</script>
</head>
<body>
<nav><ul>{menu}</ul></nav>
<article>
<h1>{escape(facts.title)}</h1>
{first}
<h2>Details</h2>
{"".join(rest)}
<table><tr><th>Year</th><th>Cables</th></tr><tr><td>1974</td><td>64</td></tr></table>
<ul><li>one item</li><li>another item</li></ul>
<script type="application/javascript">{SCRIPT}</script>
<noscript>no script</noscript>
<!-- a comment -->
</article>
<footer><p>{FOOTER}</p></footer>
</body>
</html>
"""
    return page.encode(encoding, "xmlcharrefreplace")


# PDF: written by hand, so that each byte is known and nothing needs another package.


def pdf_file(
    objects: Mapping[int, bytes], root: int = 1, trailer: bytes = b"", version: str = "1.4"
) -> bytes:
    """A PDF of these numbered objects, with a cross-reference table."""
    out = bytearray(f"%PDF-{version}\n%\xe2\xe3\xcf\xd3\n".encode("latin-1"))
    size = max(objects) + 1
    table = [b"0000000000 65535 f \n"] * size
    for number, body in objects.items():
        table[number] = b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n" % size + b"".join(table)
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\n" % (size, root, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def pdf_stream(data: bytes, entries: bytes = b"", compressed: bool = False) -> bytes:
    """A stream object, with its length and filter."""
    if compressed:
        data = zlib.compress(data)
        entries += b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n" % (len(data), entries) + data + b"\nendstream"


def _literal(text: str) -> bytes:
    """A PDF string of Windows-1252 characters."""
    out = b""
    for byte in text.encode("cp1252"):
        char = bytes([byte])
        out += b"\\" + char if char in b"()\\" else char if byte < 127 else b"\\%03o" % byte
    return b"(" + out + b")"


def _text_string(text: str) -> bytes:
    """A PDF string of any characters: hex of UTF-16 with its mark."""
    return b"<" + (b"\xfe\xff" + text.encode("utf-16-be")).hex().encode() + b">"


def _info(facts: Facts) -> bytes:
    stamp = facts.date.replace("-", "").encode()
    return b"<< /Title %s /Author %s /CreationDate (D:%s093000Z) /Producer (by hand) >>" % (
        _text_string(facts.title),
        _text_string(facts.author),
        stamp,
    )


def _page_lines(facts: Facts, width: int) -> list[list[str]]:
    """Two pages of lines: title and the first half, then the rest."""
    half = (len(facts.paragraphs) + 1) // 2
    pages = []
    for head, part in ((facts.title, facts.paragraphs[:half]), ("", facts.paragraphs[half:])):
        lines = [head, ""] if head else []
        for paragraph in part:
            lines += [*textwrap.wrap(paragraph, width, break_on_hyphens=False), ""]
        pages.append(lines)
    return pages


def _drawn(lines: Sequence[str], string: Callable[[str], bytes]) -> bytes:
    shown = b"\n".join(string(line) + b" Tj T*" if line else b"T*" for line in lines)
    return b"BT\n/F1 11 Tf\n14 TL\n72 740 Td\n" + shown + b"\nET"


def _page(content: int, font: int, parent: int = 2) -> bytes:
    return (
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
        b" /Resources << /Font << /F1 %d 0 R >> >> >>" % (parent, content, font)
    )


_HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def _as_it_is(_: int, data: bytes) -> bytes:
    return data


def _pdf_objects(facts: Facts, compressed: bool, change: Change = _as_it_is) -> dict[int, bytes]:
    plain = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
        3: _page(5, 7),
        4: _page(6, 7),
        7: _HELVETICA,
        8: _info(facts),
    }
    drawn = (_drawn(lines, _literal) for lines in _page_lines(facts, 80))
    streams = {
        number: pdf_stream(change(number, data), compressed=compressed)
        for number, data in zip((5, 6), drawn, strict=True)
    }
    return {number: change(number, body) for number, body in plain.items()} | streams


def pdf(facts: Facts, compressed: bool = False, change: Change = _as_it_is) -> bytes:
    """Two pages in Helvetica, as PDF 1.4; only Windows-1252 characters."""
    return pdf_file(_pdf_objects(facts, compressed, change), trailer=b"/Info 8 0 R")


def pdf_modern(facts: Facts, change: Change = _as_it_is) -> bytes:
    """PDF 1.5: object stream, cross-reference stream, two-byte font with a ToUnicode map."""
    pages = _page_lines(facts, 80 if facts.language == "en" else 30)
    used = {char for lines in pages for line in lines for char in line}
    codes = {char: number for number, char in enumerate(sorted(used), 3)}

    def string(line: str) -> bytes:
        return b"<" + b"".join(b"%04X" % codes[char] for char in line) + b">"

    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Hand /Encoding /Identity-H"
        b" /DescendantFonts [10 0 R] /ToUnicode 9 0 R >>"
    )
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Hand /FontDescriptor 11 0 R /DW 500"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
    )
    descriptor = (
        b"<< /Type /FontDescriptor /FontName /Hand /Flags 4 /FontBBox [0 -200 1000 900]"
        b" /ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >>"
    )
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Lang (%s) >>" % facts.language.encode()
    inside = {
        1: catalog,
        2: b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
        3: _page(5, 7),
        4: _page(6, 7),
        7: font,
        8: _info(facts),
        10: descendant,
        11: descriptor,
    }
    heads, bodies = "", b""
    for number, plain in inside.items():
        body = change(number, plain)
        heads += f"{number} {len(bodies)} "
        bodies += body + b"\n"
    packed = change(12, heads.encode() + bodies)
    entries = b"/Type /ObjStm /N %d /First %d" % (len(inside), len(heads))
    streams = {
        5: pdf_stream(change(5, _drawn(pages[0], string)), compressed=True),
        6: pdf_stream(change(6, _drawn(pages[1], string)), compressed=True),
        9: pdf_stream(change(9, _to_unicode(codes)), compressed=True),
        12: pdf_stream(packed, entries, compressed=True),
    }
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    rows = {0: (0, 0, 255)} | {n: (2, 12, index) for index, n in enumerate(inside)}
    for number, body in streams.items():
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    rows[13] = (1, start, 0)
    table = b"".join(
        kind.to_bytes(1) + where.to_bytes(4) + generation.to_bytes(1)
        for _, (kind, where, generation) in sorted(rows.items())
    )
    entries = b"/Type /XRef /Size 14 /W [1 4 1] /Root 1 0 R /Info 8 0 R"
    out += b"13 0 obj\n" + pdf_stream(change(13, table), entries, compressed=True) + b"\nendobj\n"
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def _to_unicode(codes: Mapping[str, int]) -> bytes:
    pairs = [f"<{code:04X}> <{char.encode('utf-16-be').hex()}>" for char, code in codes.items()]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    maps = "\n".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CMapName /Hand def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{maps}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def pdf_encrypted(facts: Facts, password: str) -> bytes:
    """The PDF locked with the standard handler, revision 2 (ISO 32000-1, 7.6.3), 40-bit RC4.

    With an empty password every reader may open it.
    """
    identity, permissions = b"0123456789abcdef", -44
    padded = (password.encode("latin-1") + _PAD)[:32]
    owner = _rc4(hashlib.md5((b"owner" + _PAD)[:32]).digest()[:5], padded)
    flags = permissions.to_bytes(4, "little", signed=True)
    key = hashlib.md5(padded + owner + flags + identity).digest()[:5]

    def crypted(number: int, data: bytes) -> bytes:
        salted = key + number.to_bytes(3, "little") + b"\0\0"
        return _rc4(hashlib.md5(salted).digest()[:10], data)

    objects = _pdf_objects(facts, compressed=False)
    for number, lines in zip((5, 6), _page_lines(facts, 80), strict=True):
        objects[number] = pdf_stream(crypted(number, _drawn(lines, _literal)))
    stated = {
        b"Title": b"\xfe\xff" + facts.title.encode("utf-16-be"),
        b"Author": b"\xfe\xff" + facts.author.encode("utf-16-be"),
        b"CreationDate": b"D:" + facts.date.replace("-", "").encode() + b"093000Z",
    }
    objects[8] = b"<< %s >>" % b" ".join(
        b"/%s <%s>" % (name, crypted(8, value).hex().encode()) for name, value in stated.items()
    )
    objects[9] = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % (
        owner.hex().encode(),
        _rc4(key, _PAD).hex().encode(),
        permissions,
    )
    ids = identity.hex().encode()
    return pdf_file(objects, trailer=b"/Info 8 0 R /Encrypt 9 0 R /ID [<%s> <%s>]" % (ids, ids))


def pdf_image_only() -> bytes:
    """One page that is a picture, as a scanner makes it."""
    pixels = bytes((x * y) % 256 for y in range(32) for x in range(32))
    entries = (
        b"/Type /XObject /Subtype /Image /Width 32 /Height 32"
        b" /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    return pdf_file(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            b" /Resources << /XObject << /Im1 5 0 R >> >> >>",
            4: pdf_stream(b"q 612 0 0 792 0 0 cm /Im1 Do Q"),
            5: pdf_stream(pixels, entries, compressed=True),
        }
    )


# Formats that are zip files


def zipped(files: Mapping[str, bytes], stored: Sequence[str] = ()) -> bytes:
    """A zip file of these members, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    """The members of a zip file, in their order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def with_members(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    """The zip file with some members replaced or added, and valid throughout."""
    return zipped(members(content) | dict(changed), stored=["mimetype"])


def docx(facts: Facts) -> bytes:
    """What Word writes, near enough: heading, paragraphs, a list, a table, core properties."""
    from docx import Document

    document = Document()
    document.add_heading(facts.title, 0)
    first, *rest = facts.paragraphs
    document.add_paragraph(first)
    document.add_heading("Details", 1)
    for paragraph in rest:
        halves = paragraph[:20], paragraph[20:]
        made = document.add_paragraph(halves[0])
        made.add_run(halves[1]).bold = True
    document.add_paragraph("one item", style="List Bullet")
    document.add_paragraph("another item", style="List Number")
    table = document.add_table(rows=2, cols=2)
    for cell, words in zip(
        (cell for row in table.rows for cell in row.cells),
        ("Year", "Cables", "1974", "64"),
        strict=True,
    ):
        cell.text = words
    stated = document.core_properties
    stated.title, stated.author, stated.language = facts.title, facts.author, facts.language
    stated.created = stated.modified = datetime.fromisoformat(facts.date)
    out = io.BytesIO()
    document.save(out)
    return zipped(members(out.getvalue()))


def _xml(text: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()


def odt(facts: Facts) -> bytes:
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("text", "text"),
            ("table", "table"),
            ("meta", "meta"),
            ("style", "style"),
            ("manifest", "manifest"),
        )
    )
    spaces += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    kind = "application/vnd.oasis.opendocument.text"
    first, *rest = facts.paragraphs
    paragraphs = "".join(
        f'<text:p text:style-name="P1">{escape(p[:20])}<text:span>{escape(p[20:])}</text:span>'
        "</text:p>"
        for p in rest
    )
    content = f"""<office:document-content {spaces} office:version="1.3">
<office:automatic-styles><style:style style:name="P1" style:family="paragraph"/>
</office:automatic-styles>
<office:body><office:text>
<text:h text:outline-level="1">{escape(facts.title)}</text:h>
<text:p>{escape(first)}</text:p>
<text:h text:outline-level="2">Details</text:h>
{paragraphs}
<text:p>two<text:s text:c="3"/>words<text:tab/>and a<text:line-break/>line</text:p>
<text:list><text:list-item><text:p>one item</text:p></text:list-item></text:list>
<table:table table:name="T"><table:table-row>
<table:table-cell><text:p>Year</text:p></table:table-cell>
<table:table-cell><text:p>Cables</text:p></table:table-cell>
</table:table-row></table:table>
</office:text></office:body></office:document-content>"""
    meta = f"""<office:document-meta {spaces} office:version="1.3"><office:meta>
<meta:generator>by hand</meta:generator>
<dc:title>{escape(facts.title)}</dc:title>
<meta:initial-creator>{escape(facts.author)}</meta:initial-creator>
<dc:creator>{escape(facts.author)}</dc:creator>
<meta:creation-date>{facts.date}T09:30:00</meta:creation-date>
<dc:date>{facts.date}T09:30:00</dc:date>
<dc:language>{facts.language}</dc:language>
</office:meta></office:document-meta>"""
    listed = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{media}"/>'
        for path, media in (("/", kind), ("content.xml", "text/xml"), ("meta.xml", "text/xml"))
    )
    files = {
        "mimetype": kind.encode(),
        "content.xml": _xml(content),
        "meta.xml": _xml(meta),
        "META-INF/manifest.xml": _xml(
            f'<manifest:manifest {spaces} manifest:version="1.3">{listed}</manifest:manifest>'
        ),
    }
    return zipped(files, stored=["mimetype"])


def epub(facts: Facts) -> bytes:
    """A book: a chapter a paragraph, a table of contents, a picture."""
    chapters = {
        f"OEBPS/chapter{number}.xhtml": _xml(
            '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" '
            f'xml:lang="{facts.language}"><head><title>Chapter {number}</title></head><body>'
            f"<h1>Chapter {number}</h1><p>{escape(paragraph)}</p></body></html>"
        )
        for number, paragraph in enumerate(facts.paragraphs, 1)
    }
    count = range(1, len(chapters) + 1)
    items = "".join(
        f'<item id="c{n}" href="chapter{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in count
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in count)
    links = "".join(f'<li><a href="chapter{n}.xhtml">Chapter {n}</a></li>' for n in count)
    package = f"""<package xmlns="http://www.idpf.org/2007/opf" version="3.0"
unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:00000000-0000-4000-8000-000000000000</dc:identifier>
<dc:title>{escape(facts.title)}</dc:title>
<dc:creator>{escape(facts.author)}</dc:creator>
<dc:language>{facts.language}</dc:language>
<dc:date>{facts.date}</dc:date>
<meta property="dcterms:modified">{facts.date}T09:30:00Z</meta>
</metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="cover" href="cover.png" media-type="image/png" properties="cover-image"/>
{items}</manifest>
<spine>{spine}</spine>
</package>"""
    files = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": _xml(
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">'
            '<rootfiles><rootfile full-path="OEBPS/package.opf" '
            'media-type="application/oebps-package+xml"/></rootfiles></container>'
        ),
        "OEBPS/package.opf": _xml(package),
        "OEBPS/nav.xhtml": _xml(
            '<html xmlns="http://www.w3.org/1999/xhtml" '
            'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Contents</title></head>'
            f'<body><nav epub:type="toc"><ol>{links}</ol></nav></body></html>'
        ),
        "OEBPS/cover.png": png(),
        **chapters,
    }
    return zipped(files, stored=["mimetype"])


def png() -> bytes:
    """A grey picture of 8 × 8 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4)
        return len(data).to_bytes(4) + kind + data + check

    header = (8).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress((b"\0" + b"\x80" * 8) * 8)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    )


# Mail and RTF


def eml(facts: Facts, plain: bool = True) -> bytes:
    """A message with encoded headers, plain text and HTML (or HTML alone), two attachments."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{facts.author} <writer@example.org>"
    message["To"] = "desk@example.org"
    message["Subject"] = facts.title
    written = datetime.fromisoformat(f"{facts.date}T09:30:00").replace(tzinfo=UTC)
    message["Date"] = written.strftime("%a, %d %b %Y %H:%M:%S +0000")
    message["Message-ID"] = "<1@example.org>"
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in facts.paragraphs)
    page = f"<html><head><style>p {{}}</style></head><body>{body}</body></html>"
    if plain:
        message.set_content("\n\n".join(facts.paragraphs), cte="quoted-printable")
        message.add_alternative(page, subtype="html", cte="base64")
    else:
        message.set_content(page, subtype="html", cte="base64")
    message.add_attachment(ATTACHED, filename="note – extra.txt")
    message.add_attachment(png(), "image", "png", filename="picture.png")
    boundaries = iter(f"=====part{number}==" for number in range(9))
    for part in message.walk():
        if part.is_multipart():
            part.set_boundary(next(boundaries))
    return message.as_bytes()


def rtf(facts: Facts) -> bytes:
    def told(text: str) -> str:
        units = text.encode("utf-16-le")
        out = ""
        for low, high in zip(units[::2], units[1::2], strict=True):
            unit = low + 256 * high
            if unit < 128:
                out += "\\" + chr(unit) if chr(unit) in "\\{}" else chr(unit)
            elif unit in range(0xA0, 0x100):
                out += f"\\'{unit:02x}"
            else:
                out += f"\\u{unit - 65536 if unit > 32767 else unit}?"
        return out

    year, month, day = facts.date.split("-")
    body = "\\par\n".join(
        f"\\pard\\sa200 {told(p[:20])}{{\\b {told(p[20:])}}}" for p in facts.paragraphs
    )
    return f"""{{\\rtf1\\ansi\\ansicpg1252\\deff0\\uc1
{{\\fonttbl{{\\f0\\froman Times New Roman;}}{{\\f1\\fswiss Helvetica;}}}}
{{\\colortbl;\\red0\\green0\\blue0;}}
{{\\stylesheet{{\\s1 heading 1;}}}}
{{\\info{{\\title {told(facts.title)}}}{{\\author {told(facts.author)}}}
{{\\creatim\\yr{year}\\mo{int(month)}\\dy{int(day)}\\hr9\\min30}}}}
{{\\*\\generator by hand;}}
\\f0\\fs24 {{\\pict\\pngblip\\picw8\\pich8 {png().hex()}}}
{body}\\par
\\trowd\\cellx3000\\cellx6000\\intbl Year\\cell Cables\\cell\\row
\\pard two\\tab words\\line end\\par}}
""".encode("ascii")
