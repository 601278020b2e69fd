"""What a page's head states of the page: title, date, author, language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embeddings.readers.prose import iso_date, language_tag, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PageMetadata", "page_metadata"]

_TITLES = ("citation_title", "og:title", "dc.title", "dcterms.title", "headline", "twitter:title")
_DATES = (
    "article:published_time", "og:article:published_time", "citation_publication_date",
    "citation_date", "citation_online_date", "datepublished", "dc.date.issued", "dcterms.issued",
    "dc.date", "dcterms.date", "dc.date.created", "dcterms.created", "parsely-pub-date",
    "sailthru.date", "pubdate", "publishdate", "publish-date", "publication_date",
    "publication-date", "date",
)  # fmt: skip
_AUTHORS = ("citation_author", "author", "article:author", "dc.creator", "dcterms.creator",
            "parsely-author", "sailthru.author", "byl")  # fmt: skip
_ARTICLES = frozenset(
    "Article NewsArticle BlogPosting Report ScholarlyArticle TechArticle WebPage".split()
)
_LONGEST_SCRIPT = 500_000


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What was found; None where the page does not say."""

    title: str | None
    date: str | None
    author: str | None
    language: str | None


def page_metadata(root: Any) -> PageMetadata:
    """Title, publication date, author and language as the page's own fields state them."""
    metas = _metas(root)
    linked = next(_linked_articles(root), {})
    return PageMetadata(
        title=_title(root, metas, linked),
        date=_date(root, metas, linked),
        author=_author(metas, linked),
        language=_language(root, metas),
    )


def _metas(root: Any) -> dict[str, list[str]]:
    """The contents of `<meta>`, by name."""
    found: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop")
        content = one_line(meta.get("content"))
        if name and content:
            found.setdefault(name.strip().lower(), []).append(content)
    return found


def _linked_articles(root: Any) -> Iterator[dict[str, Any]]:
    """The articles described in JSON-LD."""
    for script in root.iter("script"):
        if script.get("type", "").lower() != "application/ld+json" or not script.text:
            continue
        try:
            stated = json.loads(script.text[:_LONGEST_SCRIPT], strict=False)
        except (ValueError, RecursionError):
            continue
        graph = stated.get("@graph", stated) if isinstance(stated, dict) else stated
        for thing in graph if isinstance(graph, list) else [graph]:
            kinds = thing.get("@type") if isinstance(thing, dict) else None
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and kind in _ARTICLES for kind in kinds):
                yield thing


def _title(root: Any, metas: dict[str, list[str]], linked: dict[str, Any]) -> str | None:
    for name in _TITLES:
        if name in metas:
            return metas[name][0]
    headline = one_line(linked.get("headline"))
    if headline:
        return headline
    element = root.find(".//head/title")
    if element is None:
        element = next((t for t in root.iter("title") if t.getparent().tag != "svg"), None)
    title = one_line("".join(element.itertext())) if element is not None else None
    headings = [one_line("".join(heading.itertext())) for heading in root.iter("h1")]
    if title and len(headings) == 1 and headings[0] and headings[0] in title:
        return headings[0]  # "Headline | Name of the site"
    return title


def _date(root: Any, metas: dict[str, list[str]], linked: dict[str, Any]) -> str | None:
    stated: list[object] = [content for name in _DATES for content in metas.get(name, ())]
    stated.append(linked.get("datePublished"))
    stated += [
        element.get("datetime") or element.get("content") or "".join(element.itertext())[:100]
        for element in root.xpath("//*[@itemprop='datePublished'] | //time[@pubdate]")
    ]
    return next((date for date in map(iso_date, stated) if date), None)


def _author(metas: dict[str, list[str]], linked: dict[str, Any]) -> str | None:
    for name in _AUTHORS:
        names = [author for author in metas.get(name, ()) if "://" not in author]
        if names:
            return ", ".join(dict.fromkeys(names))
    stated = linked.get("author")
    authors = stated if isinstance(stated, list) else [stated]
    names = [one_line(a.get("name") if isinstance(a, dict) else a) or "" for a in authors]
    return ", ".join(name for name in names if name and "://" not in name) or None


def _language(root: Any, metas: dict[str, list[str]]) -> str | None:
    html = root if root.tag == "html" else root.find(".//html")
    stated: list[object] = []
    if html is not None:
        xml = "{http://www.w3.org/XML/1998/namespace}lang"
        stated += [html.get("lang"), html.get("xml:lang"), html.get(xml)]
    stated += [c for name in ("dc.language", "dcterms.language") for c in metas.get(name, ())]
    for meta in root.iter("meta"):
        if meta.get("http-equiv", "").lower() == "content-language":
            stated.append(meta.get("content"))
    stated += metas.get("og:locale", [])
    return next((tag for tag in map(language_tag, stated) if tag), None)
