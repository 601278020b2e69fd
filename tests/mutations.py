"""Documents spoiled on purpose: from a format and a seed always the same bytes.

Half of them are spoiled as bytes, as a bad disk or a broken download does it. The others are
spoiled inside: in a member of a zip file or in a PDF's stream, packed again so that the
damage gets past the checksum and reaches the parser behind it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.documents import CHINESE, ENGLISH, Sample, members, pdf, pdf_modern, samples, zipped

__all__ = ["FORMATS", "Mutant", "mutant"]

FORMATS = {
    "text": (".txt",),
    "markdown": (".md",),
    "html": (".html", ".htm"),
    "pdf": (".pdf",),
    "docx": (".docx",),
    "eml": (".eml",),
    "rtf": (".rtf",),
    "odt": (".odt",),
    "epub": (".epub",),
    "table": (".csv", ".tsv"),
}
"""Each format, and the suffixes of its samples."""
MOST_BYTES = 2_000_000

Mutation = Callable[[Random, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoiled document, and how it came about."""

    name: str
    content: bytes
    recipe: tuple[str, ...]
    """The sample it was, then what was done to it, in order."""


def mutant(kind: str, seed: int) -> Mutant:
    """The document number `seed` of that format."""
    rng = Random(f"{kind} {seed}")
    source = rng.choice([sample for sample in samples() if sample.suffix in FORMATS[kind]])
    content, recipe = source.content, [source.name]
    inside = _INSIDE.get(source.suffix)
    if inside and rng.random() < 0.6:
        content = inside(rng, source, recipe)
    if len(recipe) == 1 or rng.random() < 0.2:
        content = _spoiled(rng, content, source.suffix, recipe)
    return Mutant(f"{kind}-{seed}{source.suffix}", content[:MOST_BYTES], tuple(recipe))


def _spoiled(rng: Random, content: bytes, suffix: str, recipe: list[str]) -> bytes:
    """One to five mutations of the bytes, one on top of the other."""
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 5])):
        name, mutation = rng.choice(_mutations(suffix))
        content = mutation(rng, content)
        recipe.append(name)
    return content


def _mutations(suffix: str) -> list[tuple[str, Mutation]]:
    others = [sample.content for sample in samples()]
    alike = [sample.content for sample in samples() if sample.suffix == suffix]
    words = TOKENS[suffix]
    return [
        ("flip bits", _flip),
        ("flip bits", _flip),
        ("overwrite", _overwrite),
        ("truncate", _truncate),
        ("remove", _remove),
        ("repeat", _repeat),
        ("swap", _swap),
        ("lines", _lines),
        ("lines", _lines),
        ("number", _number),
        ("number", _number),
        ("length field", _length_field),
        ("token", lambda rng, data: _insert(rng, data, words)),
        ("token", lambda rng, data: _insert(rng, data, words)),
        ("nest", lambda rng, data: _nest(rng, data, words)),
        ("splice", lambda rng, data: _splice(rng, data, rng.choice(alike))),
        ("splice a stranger", lambda rng, data: _splice(rng, data, rng.choice(others))),
        ("magic", _magic),
    ]


# Of bytes


def _span(rng: Random, data: bytes, longest: int = 400) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randint(1, longest))


def _flip(rng: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice([1, 2, 4, 16, 64]) if out else 0):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _overwrite(rng: Random, data: bytes) -> bytes:
    start, end = _span(rng, data, 64)
    size = end - start
    run = rng.choice([bytes(size), b"\xff" * size, b" " * size, rng.randbytes(size)])
    return data[:start] + run + data[end:]


def _truncate(rng: Random, data: bytes) -> bytes:
    cut = rng.randrange(len(data) + 1)
    return data[cut:] if rng.random() < 0.2 else data[:cut]


def _remove(rng: Random, data: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + data[end:]


def _repeat(rng: Random, data: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:end] + data[start:end] * rng.choice([1, 1, 2, 10, 200]) + data[end:]


def _swap(rng: Random, data: bytes) -> bytes:
    a, b, c, d = sorted(rng.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _lines(rng: Random, data: bytes) -> bytes:
    """A line dropped, doubled, moved, or joined to the one before it."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines[at] = lines[at].rstrip(b"\r\n")
    return b"".join(lines)


_DIGITS = re.compile(rb"\d+")
_NUMBERS = (
    b"0", b"1", b"-1", b"2", b"7", b"255", b"65536", b"99999", b"2147483647", b"2147483648",
    b"-2147483649", b"4294967295", b"9999999999", b"18446744073709551616", b"1e999", b"0.0000001",
    b"9" * 300, b"nan", b"-", b"",
)  # fmt: skip


def _number(rng: Random, data: bytes) -> bytes:
    """A number written in digits becomes another: a length, an offset, an object's number."""
    found = list(_DIGITS.finditer(data))
    if not found:
        return data
    place = rng.choice(found)
    new = rng.choice([rng.choice(_NUMBERS), rng.choice(found)[0], b"%d" % rng.randrange(40)])
    return data[: place.start()] + new + data[place.end() :]


def _length_field(rng: Random, data: bytes) -> bytes:
    """A binary length, two to eight bytes, becomes very large, zero, or one too many."""
    size = rng.choice([2, 4, 8])
    start = rng.randrange(max(1, len(data) - size + 1))
    old = int.from_bytes(data[start : start + size], "little")
    most = (1 << 8 * size) - 1
    new = rng.choice([most, most >> 1, 0, (old + 1) & most, (old - 1) & most])
    return data[:start] + new.to_bytes(size, "little") + data[start + size :]


def _insert(rng: Random, data: bytes, words: Sequence[bytes]) -> bytes:
    for _ in range(rng.choice([1, 1, 2, 8])):
        start = rng.randrange(len(data) + 1)
        end = start if rng.random() < 0.6 else _span(rng, data, 12)[1]
        data = data[:start] + rng.choice(words) + data[max(start, end) :]
    return data


def _nest(rng: Random, data: bytes, words: Sequence[bytes]) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.choice(words) * rng.choice([10, 300, 5000]) + data[start:]


def _splice(rng: Random, data: bytes, other: bytes) -> bytes:
    cut, join = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
    return data[:cut] + other[join:]


_MAGIC = (
    b"%PDF-1.7\n", b"PK\x03\x04", b"PK\x05\x06", b"{\\rtf1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\x1f\x8b\x08", b"MZ\x90\0", b"\x7fELF", b"<?xml ",
    b"<!DOCTYPE html>", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"From: a\n\n",
    b"+/v8", b"BZh9", b"7z\xbc\xaf\x27\x1c", b"SQLite format 3\0", b"\0\0\0\0",
)  # fmt: skip


def _magic(rng: Random, data: bytes) -> bytes:
    new = rng.choice(_MAGIC)
    return new + data[len(new) if rng.random() < 0.7 else 0 :]


# Inside of what is packed


def _inside_zip(rng: Random, source: Sample, recipe: list[str]) -> bytes:
    """Members changed, dropped, doubled or renamed; every checksum right."""
    files = members(source.content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        name = rng.choice([name for name in files if _is_markup(name)] or list(files))
        match rng.randrange(12):
            case 0:
                recipe.append(f"drop {name}")
                del files[name]
            case 1:
                recipe.append(f"rename {name}")
                files["../" + name] = files.pop(name)
            case 2:
                recipe.append(f"exchange {name}")
                files[name] = files[rng.choice(list(files))]
            case _:
                recipe.append(f"in {name}:")
                files[name] = _spoiled(rng, files[name], source.suffix, recipe)
        if not files:
            break
    return zipped(files, stored=["mimetype"])


def _is_markup(name: str) -> bool:
    return name.endswith((".xml", ".rels", ".xhtml", ".opf")) and "theme" not in name


def _inside_pdf(rng: Random, source: Sample, recipe: list[str]) -> bytes:
    """Objects and unpacked streams changed; every length and offset right."""
    wanted = {rng.randint(1, 13) for _ in range(rng.choice([1, 1, 2, 4]))}

    def change(number: int, data: bytes) -> bytes:
        if number not in wanted:
            return data
        recipe.append(f"in object {number}:")
        return _spoiled(rng, data, ".pdf", recipe)

    match source.name:
        case "plain.pdf":
            return pdf(ENGLISH, False, change)
        case "flate.pdf":
            return pdf(ENGLISH, True, change)
        case "modern.pdf":
            return pdf_modern(ENGLISH, change)
        case "chinese.pdf":
            return pdf_modern(CHINESE, change)
        case _:
            return source.content


_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{60,}={0,2}\r?\n)+(?:[A-Za-z0-9+/]+={0,2}\r?\n)?")


def _inside_mail(rng: Random, source: Sample, recipe: list[str]) -> bytes:
    """What a Base64 part holds, changed and written as Base64 again."""
    found = list(_BASE64.finditer(source.content))
    if not found:
        return source.content
    part = rng.choice(found)
    recipe.append("in a part:")
    data = _spoiled(rng, base64.b64decode(part[0]), ".html", recipe)
    packed = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return source.content[: part.start()] + packed + source.content[part.end() :]


_INSIDE: dict[str, Callable[[Random, Sample, list[str]], bytes]] = {
    ".docx": _inside_zip,
    ".odt": _inside_zip,
    ".epub": _inside_zip,
    ".pdf": _inside_pdf,
    ".eml": _inside_mail,
}

# What each format makes something of

_TEXT = (
    b"\0", b"\r", b"\n\n\n", b"\x0c", b"\x1b[31m", b"\x7f", b"\x85", b"\xa0", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a",
    b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xf0\x9f\x92\xa5", b"\xcc\x81" * 40, b"\x81\x30\x81\x30",
    b"\x00\xd8", b"\xd8\x00", b"Published: 2024-02-30\n", b"Date: 9999-99-99\n", b"# ", b"---\n",
)  # fmt: skip
_XML = (
    b"<a>", b"</a>", b"<", b">", b"&", b"&#0;", b"&#xD800;", b"&#x110000;", b"&#1114111;",
    b"&nbsp;", b"&amp", b"&lt;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml version='1.0'?>",
    b'<?xml version="1.0" encoding="UTF-16"?>', b'<?xml version="1.0" encoding="x-none"?>',
    b'<!DOCTYPE a [<!ENTITY b "c">]>', b"&b;", b"<?pi?>", b'xmlns:x=""', b' a="', b"'", b'"', b"/>",
    b'xml:space="preserve"', b"\xef\xbf\xbf",
)  # fmt: skip
_DOCX = (
    b"<w:p>", b"</w:p>", b"<w:r><w:t>", b"</w:t></w:r>", b"<w:tbl>", b"<w:tr>", b"<w:tc>",
    b"</w:tc>", b"<w:tab/>", b"<w:br/>", b'<w:gridSpan w:val="999999"/>', b"<w:vMerge/>",
    b'<w:pStyle w:val="None"/>', b'<w:numId w:val="-1"/>', b'<w:del w:author="a">', b"<w:sdt>",
    b"<w:hyperlink>", b'Target="../../etc/passwd"', b'TargetMode="External"', b'Id="rId1"',
    b"<w:fldChar/>", b"<mc:AlternateContent>", b"<w:tcPr>", b"<w:body>", b"</w:body>",
    b"<dcterms:created>yesterday</dcterms:created>",
)  # fmt: skip
_ODT = (
    b"<text:p>", b"</text:p>", b"<text:span>", b'<text:s text:c="1000000000"/>',
    b'<text:s text:c="-5"/>', b'<text:s text:c="x"/>', b"<text:h>", b"<text:list>", b"<text:tab/>",
    b"<table:table>", b"<table:table-row>", b"<table:table-cell>",
    b'table:number-columns-repeated="16384"', b'table:number-rows-repeated="1048576"',
    b"<text:tracked-changes>", b"<office:annotation>", b"<text:note>", b"<office:text>",
    b"<manifest:encryption-data/>", b"<meta:creation-date>2024</meta:creation-date>",
)  # fmt: skip
_HTML = (
    b"<p>", b"</p>", b"<div>", b"<table>", b"<tr><td>", b"</td>", b"<script>", b"</script>",
    b"<style>", b"<title>", b"</title>", b"<textarea>", b"<svg>", b"<math>", b"<template>",
    b"<frameset>", b"<iframe>", b"<noscript>", b"<plaintext>", b"<nav>", b"</article>", b"<pre>",
    b"<br>", b"<li>", b'<meta charset="utf-7">', b'<meta charset="utf-16">', b"<!DOCTYPE",
    b'<meta charset="idna">', b'<meta charset="rot13">', b'<td colspan="99999999">', b"<body>",
    b'<html lang="">', b"<html lang='x y z'>", b"<time datetime='0000-00-00'>", b"<base href=x>",
    b'<script type="application/ld+json">{"@type":"Article","author":[[[', b"<select><option>",
)  # fmt: skip
_PDF = (
    b"obj", b"endobj", b"1 0 obj", b"stream\n", b"endstream", b"xref\n", b"trailer", b"startxref\n",
    b"%%EOF", b"1 0 R", b"2 0 R", b"3 0 R", b"5 0 R", b"12 0 R", b"99 0 R", b"0 0 R", b"<<", b">>",
    b"[", b"]", b"(", b")", b"<", b">", b"/", b"%", b"\\", b"null", b"true", b"/Length 5 0 R",
    b"/Length -1", b"/Length 99999999999", b"/Filter /FlateDecode", b"/Filter /LZWDecode",
    b"/Filter [/ASCII85Decode /FlateDecode]", b"/Filter /ASCIIHexDecode", b"/Filter /DCTDecode",
    b"/Filter /JBIG2Decode", b"/Filter /CCITTFaxDecode", b"/Filter /RunLengthDecode",
    b"/Filter /Crypt", b"/DecodeParms << /Predictor 15 /Columns 999999999 >>",
    b"/DecodeParms << /Predictor 2 /Colors 0 >>", b"/Type /ObjStm", b"/Type /XRef",
    b"/Kids [2 0 R]", b"/Parent 3 0 R", b"/Count 999999999", b"/Count -1", b"/W [1 0 0]",
    b"/W [8 8 8]", b"/Index [0 2147483647]", b"/Prev 0", b"/Prev 15", b"/XRefStm 15",
    b"/Extends 12 0 R", b"/N 2147483647", b"/First -1", b"/Root 99 0 R", b"/Encrypt 9 0 R",
    b"/Encrypt << /Filter /Standard /V 5 /R 6 >>", b"/Lang (\xfe\xff\xd8\x00)",
    b"/MediaBox [0 0 0 0]", b"/MediaBox [1e38 1e38 -1e38 nan]", b"/Rotate 45", b"/UserUnit 1e300",
    b" Tj ", b" TJ ", b" Tf ", b" Tm ", b" cm ", b" Do ", b" q ", b" Q ", b" BT ", b" ET ", b" T* ",
    b" ' ", b' " ', b" BI ", b" ID ", b" EI ", b" Td ", b"/F9 12 Tf", b"1e999 0 0 1e999 0 0 Tm",
    b"0 0 0 0 0 0 cm", b"beginbfrange", b"endbfrange", b"<0000> <ffff> <0000>", b"begincmap",
    b"<0000> <ffff> [", b"beginbfchar", b"<00> <d800>", b"usecmap", b"begincodespacerange",
    b"/Encoding /Identity-V", b"/Encoding << /Differences [0 /a 999999 /b] >>", b"/Subtype /Type3",
    b"/ToUnicode 5 0 R", b"/Subtype /Form", b"/XObject << /F 5 0 R >>", b"/FirstChar -9",
    b"/Widths [nan null]", b"(D:99999999999999)", b"(D:2024)", b"#00", b"#", b"\\777", b"<abc>",
)  # fmt: skip
_EML = (
    b"\r\n\r\n", b"\n", b"--=====part0==\r\n", b"--=====part0==--\r\n", b"--", b":",
    b"Content-Type: multipart/mixed; boundary=\"=====part0==\"\r\n",
    b"Content-Type: multipart/mixed\r\n", b"Content-Type: message/rfc822\r\n",
    b"Content-Type: \r\n", b"Content-Type: text/plain; charset*=\r\n",
    b"Content-Type: text/html; charset=utf-7\r\n", b"Content-Type: text/plain; charset=idna\r\n",
    b'Content-Type: text/plain; charset="unknown-8bit"\r\n',
    b"Content-Type: text/plain; charset=rot13\r\n", b"Content-Type: text/plain; charset=\0\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: uuencode\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n", b"Content-Transfer-Encoding: binary\r\n",
    b"Subject: =?utf-8?q?=FF?=\r\n", b"Subject: =?x?b?a?=\r\n", b"=?utf-8?b?", b"?=", b"=?idna?q?",
    b"From: @\r\n", b"From: <<>>,;:()\"\r\n", b"Date: Thu, 99 Foo 99999 99:99:99 +9999\r\n",
    b"Date: \r\n", b"Date: 1 Jan 0000 00:00:00 +2400\r\n", b"MIME-Version: 9\r\n", b" ;", b"\t",
    b"filename*0*=utf-8''%ff;", b"=\r\n", b"=ZZ", b"Content-Disposition: attachment\r\n", b"\r",
    b"From: (((((\r\n", b"begin 644 x\r\n", b"Subject: a\r\n b\r\n\tc\r\n", b"\xff\xfe: \xff\r\n",
)  # fmt: skip
_RTF = (
    b"{", b"}", b"\\", b"\\'", b"\\'zz", b"\\'81", b"\\u55357?", b"\\u-10179?", b"\\u99999999?",
    b"\\uc0 ", b"\\uc9999 ", b"\\uc-1 ", b"\\bin99999999 ", b"\\bin-1 ", b"\\bin4 ", b"\\*",
    b"{\\*", b"\\ansicpg0", b"\\ansicpg65001", b"\\ansicpg99999", b"\\ansicpg932", b"\\mac",
    b"\\pca", b"\\fcharset128", b"\\f99", b"\\f-1", b"\\par", b"\\pard", b"\\tab", b"\\cell",
    b"\\row", b"\\~", b"{\\info", b"{\\title ", b"\\yr99999", b"\\mo13", b"\\dy0", b"{\\pict ",
    b"{\\object", b"{\\field{\\*\\fldinst", b"{\\fonttbl", b"\\rtf1", b"\\u", b"\\deff", b"\\u0?",
    b"\\'00", b"\\ud83d", b"\\plain\\v ", b"\\upr", b"\\" + b"a" * 300, b"\\b" + b"9" * 300,
    b"\\emdash",
)  # fmt: skip
_CSV = (
    b",", b";", b"\t", b"|", b'"', b'""', b'"""', b"\r", b"\n", b"\r\n", b"'", b"\\", b"\0", b" ",
    b'",\n"', b"=cmd()", b"sep=;\n", b"," * 500, b'"' * 501,
)  # fmt: skip

TOKENS: dict[str, tuple[bytes, ...]] = {
    ".txt": _TEXT,
    ".md": (*_TEXT, b"[", b"](", b"![", b"```\n", b"> ", b"title: [\n", b"date: 2024-13-01\n"),
    ".html": (*_TEXT, *_XML, *_HTML),
    ".htm": (*_TEXT, *_XML, *_HTML),
    ".pdf": _PDF,
    ".docx": (*_XML, *_DOCX),
    ".eml": (*_TEXT, *_EML),
    ".rtf": _RTF,
    ".odt": (*_XML, *_ODT),
    ".epub": (*_XML, *_HTML),
    ".csv": (*_TEXT, *_CSV),
    ".tsv": (*_TEXT, *_CSV),
}

assert TOKENS.keys() == {suffix for suffixes in FORMATS.values() for suffix in suffixes}
