# ruff: noqa: E501 - the paths of other people's files are as long as they are
"""Every file of the collection of messy documents: what becomes of it, and what of its text.

The collection is not part of the repository: it holds documents of others. Without it these
tests are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from embeddings.errors import ReadError
from embeddings.readers.sandbox import SandboxedReader
from embeddings.records import Article

DOCUMENTS = Path(__file__).parents[3] / "shared" / "benchmarks" / "documents"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (DOCUMENTS / "manifest.jsonl").is_file(),
        reason="the collection of messy documents is not at ../shared/benchmarks/documents",
    ),
]

STATES = """
indexed    -           unstructured/example-docs/README.md
indexed    -           unstructured/example-docs/codeblock.md
indexed    -           unstructured/example-docs/csv-with-escaped-commas.csv
indexed    -           unstructured/example-docs/csv-with-line-delimiter.csv
indexed    -           unstructured/example-docs/csv-with-long-lines.csv
indexed    -           unstructured/example-docs/docx-shapes.docx
indexed    -           unstructured/example-docs/docx-tables.docx
indexed    -           unstructured/example-docs/duplicate-paragraphs.docx
incomplete attachment  unstructured/example-docs/eml/email-equals-attachment-filename.eml
incomplete attachment  unstructured/example-docs/eml/email-inline-content-disposition.eml
indexed    -           unstructured/example-docs/eml/email-no-utf8-2014-03-17.111517.eml
indexed    -           unstructured/example-docs/eml/email-replace-mime-encodings-error-2.eml
indexed    -           unstructured/example-docs/eml/email-replace-mime-encodings-error-4.eml
incomplete cut         unstructured/example-docs/eml/email-replace-mime-encodings-error-5.eml
refused    headers     unstructured/example-docs/eml/empty.eml
indexed    -           unstructured/example-docs/eml/fake-email-utf-16-le.eml
indexed    -           unstructured/example-docs/eml/fake-email-utf-16.eml
incomplete attachment  unstructured/example-docs/eml/mime-attach-mp3.eml
indexed    -           unstructured/example-docs/eml/mime-multi-to-cc-bcc.eml
indexed    -           unstructured/example-docs/eml/mime-no-subject.eml
indexed    -           unstructured/example-docs/eml/mime-no-to.eml
indexed    -           unstructured/example-docs/eml/rfc822-no-date.eml
indexed    -           unstructured/example-docs/example-steelJIS-datasheet-utf-16.html
indexed    -           unstructured/example-docs/example-steelJIS-datasheet.html
indexed    -           unstructured/example-docs/example-with-scripts.html
indexed    -           unstructured/example-docs/fake-email.txt
indexed    -           unstructured/example-docs/fake-html-cp1252.html
indexed    -           unstructured/example-docs/fake-html-with-image-from-url.html
indexed    -           unstructured/example-docs/fake-html.html
indexed    -           unstructured/example-docs/fake-incomplete-json.txt
refused    no_text     unstructured/example-docs/fake-text-all-whitespace.txt
indexed    -           unstructured/example-docs/fake-text-utf-16-be.txt
indexed    -           unstructured/example-docs/fake-text-utf-16.txt
indexed    -           unstructured/example-docs/fake-text-utf-32.txt
indexed    -           unstructured/example-docs/fake-text.txt
indexed    -           unstructured/example-docs/fake.docx
indexed    -           unstructured/example-docs/fake.odt
indexed    -           unstructured/example-docs/fake_table.docx
indexed    -           unstructured/example-docs/handbook-1p-no-rendered-page-breaks.docx
indexed    -           unstructured/example-docs/hlink-meta.docx
indexed    -           unstructured/example-docs/language-docs/UDHR_first_article_all.txt
indexed    -           unstructured/example-docs/language-docs/eng_spa_mult.docx
indexed    -           unstructured/example-docs/language-docs/eng_spa_mult.eml
indexed    -           unstructured/example-docs/language-docs/eng_spa_mult.epub
indexed    -           unstructured/example-docs/language-docs/eng_spa_mult.odt
indexed    -           unstructured/example-docs/language-docs/eng_spa_mult.txt
indexed    -           unstructured/example-docs/pdf/all-number-table.pdf
indexed    -           unstructured/example-docs/pdf/copy-protected.pdf
indexed    -           unstructured/example-docs/pdf/embedded-cmap-cidfont.pdf
indexed    -           unstructured/example-docs/pdf/embedded-images.pdf
indexed    -           unstructured/example-docs/pdf/embedded-link.pdf
indexed    -           unstructured/example-docs/pdf/emphasis-text.pdf
indexed    -           unstructured/example-docs/pdf/fake-bold-sample.pdf
indexed    -           unstructured/example-docs/pdf/fake-memo-with-duplicate-page.pdf
indexed    -           unstructured/example-docs/pdf/fake-memo.pdf
indexed    -           unstructured/example-docs/pdf/layout-parser-paper-with-empty-pages.pdf
indexed    -           unstructured/example-docs/pdf/layout-parser-paper-with-table.pdf
indexed    -           unstructured/example-docs/pdf/list-item-example.pdf
indexed    -           unstructured/example-docs/pdf/multi-column-2p.pdf
indexed    -           unstructured/example-docs/pdf/pdf-bad-color-space.pdf
refused    scan        unstructured/example-docs/pdf/single_table.pdf
refused    scan        unstructured/example-docs/pdf/table-multi-row-column-cells.pdf
indexed    -           unstructured/example-docs/semicolon-delimited.csv
indexed    -           unstructured/example-docs/simple.odt
indexed    -           unstructured/example-docs/table-multi-row-column-cells-actual.csv
indexed    -           unstructured/example-docs/table-semicolon-delimiter.csv
indexed    -           unstructured/example-docs/tables-with-incomplete-rows.docx
indexed    -           unstructured/example-docs/teams_chat.docx
indexed    -           unstructured/example-docs/winter-sports.epub
indexed    -           pdfminer.six/samples/acroform/AcroForm_TEST_compiled.pdf
indexed    -           pdfminer.six/samples/contrib/2b.pdf
indexed    -           pdfminer.six/samples/contrib/issue-00352-asw-oct96-p41.pdf
indexed    -           pdfminer.six/samples/contrib/issue-1062-filters.pdf
indexed    -           pdfminer.six/samples/contrib/issue-1082-annotations.pdf
indexed    -           pdfminer.six/samples/contrib/issue-449-vertical.pdf
incomplete font        pdfminer.six/samples/contrib/issue-791-non-unicode-cmap.pdf
incomplete font        pdfminer.six/samples/contrib/issue_495_pdfobjref.pdf
incomplete font        pdfminer.six/samples/contrib/issue_566_test_1.pdf
indexed    -           pdfminer.six/samples/contrib/issue_566_test_2.pdf
refused    scan        pdfminer.six/samples/contrib/pdf-with-jbig2.pdf
indexed    -           pdfminer.six/samples/contrib/pr-00530-ml-lines.pdf
refused    password    pdfminer.six/samples/encryption/aes-128.pdf
refused    scan        pdfminer.six/samples/encryption/encrypted_doc_no_id.pdf
refused    password    pdfminer.six/samples/encryption/rc4-128.pdf
refused    password    pdfminer.six/samples/encryption/rc4-40.pdf
refused    no_text     pdfminer.six/samples/simple2.pdf
incomplete startxref   pdfminer.six/samples/simple3.pdf
indexed    -           pdfminer.six/samples/simple4.pdf
indexed    -           pdfminer.six/samples/simple5.pdf
refused    no_text     pdfminer.six/samples/test_pattern_colors.pdf
indexed    -           pdfminer.six/samples/zen_of_python_corrupted.pdf
refused    scan        markitdown/packages/markitdown/tests/test_files/MEDRPT-2024-PAT-3847_medical_report_scan.pdf
indexed    -           markitdown/packages/markitdown/tests/test_files/RECEIPT-2024-TXN-98765_retail_purchase.pdf
indexed    -           markitdown/packages/markitdown/tests/test_files/REPAIR-2022-INV-001_multipage.pdf
indexed    -           markitdown/packages/markitdown/tests/test_files/SPARSE-2024-INV-1234_borderless_table.pdf
refused    empty       markitdown/packages/markitdown/tests/test_files/expected_outputs/MEDRPT-2024-PAT-3847_medical_report_scan.md
indexed    -           markitdown/packages/markitdown/tests/test_files/expected_outputs/RECEIPT-2024-TXN-98765_retail_purchase.md
indexed    -           markitdown/packages/markitdown/tests/test_files/masterformat_partial_numbering.pdf
indexed    -           markitdown/packages/markitdown/tests/test_files/test.epub
indexed    -           markitdown/packages/markitdown/tests/test_files/test_with_comment.docx
unread     -           chardet/tests/CP932/www2.chuo-u.ac.jp-suishin.xml
unread     -           chardet/tests/CP932/hardsoft.at.webry.info.xml
refused    encoding    chardet/tests/EUC-TW/_ude_euc-tw1.txt
unread     -           chardet/tests/GB2312/godthink.blogsome.com.xml
unread     -           chardet/tests/IBM866/intertat.ru.xml
unread     -           chardet/tests/IBM866/aug32.hole.ru.xml
indexed    -           chardet/tests/Johab/iyagi-readme.txt
indexed    -           chardet/tests/KOI8-R/_ude_1.txt
indexed    -           chardet/tests/MacCyrillic/_ude_1.txt
indexed    -           chardet/tests/SHIFT_JIS/_chromium_Shift-JIS_with_no_encoding_specified.html
unread     -           chardet/tests/TIS-620/pharmacy.kku.ac.th.centerlab.xml
unread     -           chardet/tests/UTF-16/bom-utf-16-be.srt
unread     -           chardet/tests/UTF-16/bom-utf-16-le.srt
indexed    -           chardet/tests/UTF-16BE/nobom-utf16be.txt
indexed    -           chardet/tests/UTF-16BE/plane1-utf-16be.html
unread     -           chardet/tests/UTF-32/bom-utf-32-be.srt
unread     -           chardet/tests/UTF-32/bom-utf-32-le.srt
indexed    -           chardet/tests/UTF-32BE/plane1-utf-32be.html
indexed    -           chardet/tests/ascii/_chromium_iso-8859-1_with_no_encoding_specified.html
refused    encoding    chardet/tests/ascii/_mozilla_bug638318_text.html
unread     -           chardet/tests/ascii/howto.diveintomark.org.xml
indexed    -           chardet/tests/iso-2022-jp/_ude_1.txt
indexed    -           chardet/tests/iso-2022-kr/_ude_iso1.txt
indexed    -           chardet/tests/iso-8859-1/_ude_4.txt
indexed    -           chardet/tests/iso-8859-1/_ude_3.txt
indexed    -           chardet/tests/iso-8859-1/_ude_5.txt
indexed    -           chardet/tests/iso-8859-2-croatian/_ude_1.txt
indexed    -           chardet/tests/iso-8859-2-czech/_ude_1.txt
indexed    -           chardet/tests/iso-8859-2-hungarian/_ude_3.txt
indexed    -           chardet/tests/iso-8859-2-polish/_ude_1.txt
indexed    -           chardet/tests/iso-8859-2-slovak/_ude_2.txt
unread     -           chardet/tests/iso-8859-5-russian/intertat.ru.xml
indexed    -           chardet/tests/iso-8859-5-russian/_chromium_ISO-8859-5_with_no_encoding_specified.html
unread     -           chardet/tests/iso-8859-5-russian/aug32.hole.ru.xml
indexed    -           chardet/tests/iso-8859-7-greek/_ude_3.txt
indexed    -           chardet/tests/iso-8859-9-turkish/_ude_1.txt
unread     -           chardet/tests/iso-8859-9-turkish/subtitle.srt
indexed    -           chardet/tests/utf-8/_mozilla_bug306272_text.html
indexed    -           chardet/tests/utf-8/_ude_5.txt
indexed    -           chardet/tests/utf-8-sig/_ude_4.txt
indexed    -           chardet/tests/windows-1250-czech/_ude_2.txt
indexed    -           chardet/tests/windows-1250-hungarian/_ude_3.txt
indexed    -           chardet/tests/windows-1250-hungarian/_ude_2.txt
indexed    -           chardet/tests/windows-1250-slovak/_ude_2.txt
indexed    -           chardet/tests/windows-1250-slovak/_ude_1.txt
indexed    -           chardet/tests/windows-1250-slovak/_ude_3.txt
indexed    -           chardet/tests/windows-1250-slovene/_ude_1.txt
unread     -           chardet/tests/windows-1251-bulgarian/debian.gabrovo.com.news.xml
indexed    -           chardet/tests/windows-1251-russian/_chromium_windows-1251_with_no_encoding_specified.html
unread     -           chardet/tests/windows-1251-russian/aug32.hole.ru.xml
indexed    -           chardet/tests/windows-1252/github_bug_9.txt
indexed    -           chardet/tests/windows-1252/_mozilla_bug421271_text.html
indexed    -           chardet/tests/windows-1252/_ude_1.txt
indexed    -           chardet/tests/windows-1255-hebrew/_chromium_windows-1255_with_no_encoding_specified.html
"""
"""State, a word of the reason (`_` for a space), path. `unread`: no reader takes such files."""

IN_PYTHON = {
    "CP932": "cp932", "IBM866": "cp866", "Johab": "johab", "MacCyrillic": "mac_cyrillic",
    "SHIFT_JIS": "shift_jis", "TIS-620": "tis_620",
}  # fmt: skip

U = "unstructured/example-docs/"
M = "markitdown/packages/markitdown/tests/test_files/"
P = "pdfminer.six/samples/"
SAYS: dict[str, tuple[str, ...]] = {
    f"{U}README.md": ("## Example Docs\n", "`example-10k.html`", "curl -O \\"),
    f"{U}codeblock.md": ("```html\n<!DOCTYPE html>", "<to>Tove</to>"),
    f"{U}language-docs/UDHR_first_article_all.txt": ("是人都生而自由", "Zulu\nBonke abantu"),
    f"{U}csv-with-escaped-commas.csv": ("A | A | A | A | A\nA | A | A | A,A | A",),
    f"{U}csv-with-line-delimiter.csv": ("col1: a; col2: b; col3: c.\ncol1: d;",),
    f"{U}semicolon-delimited.csv": ("Lorem, ipsum: sed, do; dolor sit: eiusmod;",),
    f"{U}table-multi-row-column-cells-actual.csv": (
        "Disability Category: Blind; Participants: 5; Ballots Completed: 1;",
        "Results Accuracy: 34.5%, n=1; Results Time to complete: 1199 sec, n=1.",
    ),
    f"{U}table-semicolon-delimiter.csv": ("Year: 2023; Month: 2; Revenue: 143,1; Costs: -814,38.",),
    f"{U}docx-shapes.docx": (
        "Paragraph with single within.\n\n<inline-image>",
        "Paragraph with and within.\n\n<inline-image1>\n\n<inline-image2>",
        "floating shape attached.\n\n<floating-shape>",
    ),
    f"{U}docx-tables.docx": (
        "Header Col 1 | Header Col 2\nLorem ipsum | A link example",
        "Nested Table\n\na | >b< | c\n",
        "Table with merged cells",
    ),
    f"{U}handbook-1p-no-rendered-page-breaks.docx": (
        "CHAPTER 1 – INTRODUCTION\n\nA. PURPOSE\n\nThe United States Trustee appoints",
        "28 U.S.C. § 586(b)",
        "B. ROLE OF THE UNITED STATES",
    ),
    f"{U}hlink-meta.docx": ("Three with link to foo.com.\n\nFour with link", "\n\nNine."),
    f"{U}teams_chat.docx": ("0:0:0.0 --> 0:0:1.510\nSome Body\nOK. Yeah.\n\n", "James Bond\nUmm."),
    f"{U}language-docs/eng_spa_mult.docx": (
        "brotherhood.\n\nAll human beings",
        "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están",
    ),
    f"{M}test_with_comment.docx": (
        "Abstract\n\nAutoGen is an open-source framework",
        "1 | 2 | 3 | 4 | 5 | 6\n7 | 8",
        "This is a test comment. 12df-321a",
    ),
    f"{U}fake.odt": ("Lorem ipsum dolor sit amet.\n\nHeader row | Mon | Wed | Fri\nColor | Blue",),
    f"{U}simple.odt": ("favorite things:\n\n• Parrots", "Hockey", "This is my first thought."),
    f"{U}winter-sports.epub": (
        "The Project Gutenberg eBook of Winter Sports in Switzerland, by E. F. Benson\n\n",
        "Release date: August 23, 2019",
        "END OF THE PROJECT GUTENBERG EBOOK",
    ),
    f"{M}test.epub": (
        "Chapter 1: Test Content\n\nThis is a test paragraph",
        "- A bullet point\n- Another point\n\nChapter 2: More Content",
    ),
    f"{U}eml/fake-email-utf-16-le.eml": ("Important points:", "- Roses are red\n- Violets are blue"),
    f"{U}eml/email-inline-content-disposition.eml": ("This is a test of inline",),
    f"{U}eml/email-no-utf8-2014-03-17.111517.eml": (
        "Hi Slava,\n\nThe password for your Google Account",
        "The Google Accounts team\n\nThis email can't receive replies.",
    ),
    f"{U}eml/email-replace-mime-encodings-error-2.eml": (
        "Did you get a chance to review my previous email?\n\nI appreciate",
        "Reply as “ Yes we’re interested”.",
    ),
    f"{U}example-steelJIS-datasheet-utf-16.html": (
        "SNB22-3\nChemical composition, standards and properties",
        "C | Si | Mn | P | S | Cr | Mo\n0.39 - 0.46 | 0.2 - 0.35",
        "Bars | 890 | 1000 | 12 | 40",
    ),
    f"{U}example-with-scripts.html": (
        "Russian Offensive Campaign Assessment, December 13",
        "Belarusian forces remain unlikely to attack Ukraine despite a snap Belarusian military",
        "[1] ",
    ),
    f"{U}fake-html-cp1252.html": ("My First Heading\n\n", "15,50 €", "für 3,50 €|pour 3,50 €", "ñoquis"),
    f"{U}fake-html.html": (
        "My First Heading\n\nMy Second Heading\n\nMy first paragraph.",
        "- With sub-bullets!\n- And another\n",
        "Column 1 | Column 2\nRow 1, Cell 1 | Row 1, Cell 2\n",
    ),
    "chardet/tests/UTF-16BE/plane1-utf-16be.html": ("Etruscan | Rasna (Etruria)", "𐌀𐌖𐌋𐌄𐌑𐌉·𐌌𐌄𐌕𐌄𐌋𐌉𐌑"),
    f"{M}RECEIPT-2024-TXN-98765_retail_purchase.pdf": ("TECHMART ELECTRONICS", "TOTAL $821.14"),
    f"{M}SPARSE-2024-INV-1234_borderless_table.pdf": (
        "The primary variance driver is SKU-4563, which shows a -24 unit discrepancy",
        "SKU-4563 | Software | $120.00 | $18,720.00 | Critical",
    ),
    f"{M}masterformat_partial_numbering.pdf": (
        "1. INTENT",
        ".1 The intent of this Request for Proposal (RFP) is to solicit submissions, in the format "
        "detailed in this document, from qualified",
    ),
    f"{P}acroform/AcroForm_TEST_compiled.pdf": ("CHECKBOX", "Text Field0: AcroForm tests"),
    f"{P}contrib/issue-00352-asw-oct96-p41.pdf": (
        "Date | Location | Aircraft Type | Aircraft Damage | Injuries\n",
        "Radio communication was lost soon after the flight crew reported climbing through FL 230",
        "São Paulo",
    ),
    f"{P}contrib/issue-449-vertical.pdf": ("Test", "Vertical", "Layout"),
    f"{P}contrib/issue_566_test_2.pdf": ("甲方：中国饮料有限公司（盖章）",),
    f"{P}contrib/pr-00530-ml-lines.pdf": (
        "This section of the FEDERAL REGISTER contains notices to the public of the proposed "
        "issuance of rules and regulations.",
        "Docket No. FAA–2020–0686",
        "• Federal eRulemaking Portal:",
    ),
    f"{P}zen_of_python_corrupted.pdf": (
        "Beautiful is better than ugly.\n\nExplicit is better than implicit.",
        "Namespaces are one honking great idea",
    ),
    f"{U}pdf/copy-protected.pdf": (
        "Recent advances in document image analysis (DIA) have been primarily driven by the "
        "application of neural networks.",
        "loosely organized codebases and sophisticated model configurations complicate the easy",
        "1 Introduction",
    ),
    f"{U}pdf/embedded-images.pdf": (
        "If the card has been within the detection area 3 for approximately 15 minutes, remote",
        "it will lock automatically once you have left the access",
    ),
    f"{U}pdf/fake-memo.pdf": ("May 5, 2023", "20,000 bottles of water, 10,000 blankets, and 200"),
    f"{U}pdf/list-item-example.pdf": (
        "● What challenges may arise in development?\n● What is product development and quality "
        "assurance, and who is involved?\n",
    ),
    f"{U}pdf/multi-column-2p.pdf": (
        "we show that retrieval can be practically implemented using dense representations alone, "
        "where embeddings are learned|retrieval can be practically implemented using dense "
        "representations alone, where embeddings are learned",
        "outperforms a strong Lucene-BM25 system greatly by 9%-19% absolute",
        "1 Introduction\n\nOpen-domain question answering (QA) (Voorhees, 1999) is a task",
        "Retrieval in open-domain QA is usually implemented using TF-IDF or BM25 (Robertson and "
        "Zaragoza, 2009), which matches keywords efficiently",
    ),
}  # fmt: skip
"""Path → phrases in the order in which its text holds them; `|` between two that will do."""

NEVER_SAYS: dict[str, tuple[str, ...]] = {
    f"{U}example-steelJIS-datasheet-utf-16.html": ("About us", "Korean steels"),
    f"{U}example-steelJIS-datasheet.html": ("About us", "Korean steels"),
    f"{U}example-with-scripts.html": ("Skip to main content", "Donate", "jQuery", "function("),
    f"{U}eml/mime-attach-mp3.eml": ("SUQzBAAA",),
    f"{U}eml/email-equals-attachment-filename.eml": ("<div",),
    f"{U}docx-shapes.docx": ("shape_0",),
    f"{U}pdf/multi-column-2p.pdf": ("ef-\n", "us-\ning", "\ufffe"),
    f"{U}winter-sports.epub": ("<p", "&amp;", "@page"),
}

STATES_ITSELF: dict[str, tuple[str | None, str | None, str | None, str | None]] = {
    f"{U}fake.docx": (None, None, "Mr. Miagi", None),
    f"{U}winter-sports.epub": ("Winter Sports in Switzerland", "2019-08-23", "E. F. Benson", "en"),
    f"{U}eml/fake-email-utf-16.eml": ("Test Email", "2022-12-16", "Matthew Robinson", None),
    f"{U}eml/mime-no-subject.eml": (None, None, "sender@example.com", None),
    f"{M}test.epub": ("Test EPUB Document", None, "Test Author", "en"),
    f"{M}test_with_comment.docx": (
        "AutoGen: Enabling Next-Gen LLM Applications via Multi-Agent Conversation",
        "2024-03-15", "Adam Fourney", "en-US",
    ),
    f"{P}contrib/issue-00352-asw-oct96-p41.pdf": (
        "Losing the Cabin", "2006-10-06", "Mark Lacagnina", None,
    ),
    f"{P}simple4.pdf": ("Text1 Text2 Text3", "2020-04-08", "Ben Spiers", "en-GB"),
    "chardet/tests/UTF-16BE/plane1-utf-16be.html": (
        "Unicode Plane 1 Example Using UTF-16", None, "Tex Texin", "en-US",
    ),
}  # fmt: skip
"""Path → title, date, author, language."""

PAGES = {
    f"{U}pdf/multi-column-2p.pdf": 2,
    f"{U}pdf/layout-parser-paper-with-empty-pages.pdf": 4,
    f"{U}pdf/fake-memo-with-duplicate-page.pdf": 2,
    f"{U}pdf/list-item-example.pdf": 2,
    f"{M}REPAIR-2022-INV-001_multipage.pdf": 3,
    f"{P}simple4.pdf": 1,
}


@cache
def expected() -> dict[str, tuple[str, str]]:
    """Path → state and word."""
    rows = (line.split(maxsplit=2) for line in STATES.strip().splitlines())
    return {path: (state, word.replace("_", " ")) for state, word, path in rows}


@cache
def read_all() -> dict[str, Article | str]:
    """Every file's article, or why there is none."""
    found: dict[str, Article | str] = {}
    with SandboxedReader() as reader:
        for path in expected():
            try:
                found[path] = reader.read((DOCUMENTS / "files" / path).read_bytes(), path, path)
            except ReadError as error:
                found[path] = str(error)
    return found


def article(path: str) -> Article:
    found = read_all()[path]
    assert isinstance(found, Article), found
    return found


def manifest() -> Iterator[dict[str, str]]:
    for line in (DOCUMENTS / "manifest.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)


def test_the_table_names_every_file() -> None:
    paths = {row["path"].removeprefix("files/") for row in manifest()}
    assert expected().keys() == paths
    assert len(paths) == 154


def test_every_file_ends_as_the_table_says() -> None:
    wrong = {}
    for path, (state, word) in expected().items():
        found = read_all()[path]
        if isinstance(found, str):
            actual = "unread" if "no reader for this kind" in found else "refused"
            reason = found.removeprefix(f"{path}: ")
        else:
            actual, reason = "incomplete" if found.incomplete else "indexed", found.incomplete or ""
        if actual != state or (word != "-" and word not in reason):
            wrong[path] = (state, word, actual, reason)
    assert not wrong


@pytest.mark.parametrize("path", SAYS)
def test_the_text_holds_these_phrases_in_this_order(path: str) -> None:
    text, position = article(path).text, 0
    for phrase in SAYS[path]:
        places = [text.find(choice, position) for choice in phrase.split("|")]
        whole = text.find(phrase, position)
        place = whole if whole >= 0 else max(places)
        assert place >= 0, f"{phrase!r} is not in {text[position : position + 2_000]!r}"
        position = place


@pytest.mark.parametrize("path", NEVER_SAYS)
def test_the_text_holds_no_navigation_and_no_markup(path: str) -> None:
    assert [phrase for phrase in NEVER_SAYS[path] if phrase in article(path).text] == []


@pytest.mark.parametrize("path", STATES_ITSELF)
def test_the_document_states_this_of_itself(path: str) -> None:
    found = article(path)
    assert (found.title, found.date, found.author, found.language) == STATES_ITSELF[path]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_its_offset(path: str) -> None:
    found = article(path)
    assert len(found.pages) == PAGES[path]
    assert found.pages[0] == 0
    assert list(found.pages) == sorted(found.pages)
    for start, end in pairwise(found.pages):
        assert start == end or found.text[end - 2 : end] == "\n\n"


def test_a_phrase_stands_on_its_page() -> None:
    paper = article(f"{U}pdf/layout-parser-paper-with-empty-pages.pdf")
    assert paper.page_of(paper.text.index("Recent advances")) == 1
    assert paper.page_of(paper.text.index("37], layout detection")) == 4
    memo = article(f"{U}pdf/fake-memo-with-duplicate-page.pdf")
    assert memo.page_of(memo.text.rindex("bottles")) == 2


def test_encodings_are_read_as_what_they_are() -> None:
    checked, wrong = 0, []
    for row in manifest():
        path = row["path"].removeprefix("files/")
        state = expected()[path][0]
        if not row["note"].startswith("encoding=") or state != "indexed" or ".txt" not in path:
            continue
        name = row["note"].removeprefix("encoding=")
        for language in ("slovak", "czech", "croatian", "hungarian", "polish", "russian", "greek",
                         "turkish", "slovene", "bulgarian", "hebrew"):  # fmt: skip
            name = name.removesuffix(f"-{language}")
        content = (DOCUMENTS / row["path"]).read_bytes()
        truth = content.decode(IN_PYTHON.get(name, name)).removeprefix("\ufeff")
        checked += 1
        if article(path).text != truth:
            wrong.append(path)
    assert checked >= 25
    assert wrong == []


def test_no_text_holds_what_no_text_should() -> None:
    for path, found in read_all().items():
        if isinstance(found, Article):
            assert "\x00" not in found.text, path
            assert found.text.encode("utf-8").decode("utf-8") == found.text
            if not path.endswith((".txt", ".md")):
                assert "\r" not in found.text, path
                assert "\n\n\n" not in found.text, path
