"""Which elements of a page are its article, and which are the chrome around it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["article_roots", "without_chrome"]

_ALWAYS = frozenset("script style noscript template iframe nav dialog".split())
_OFTEN = frozenset("header footer aside".split())
"""Chrome around the article; inside of it, a heading, notes or a box with a place in the text."""
_ROLES = frozenset(
    "navigation banner contentinfo search complementary menu menubar dialog alertdialog "
    "toolbar tablist".split()
)
_NAMES = frozenset(
    "nav navbar navigation menu menubar breadcrumb breadcrumbs sidebar footer header masthead "
    "cookie cookies cookie-banner cookie-notice consent share sharing social social-share related "
    "related-posts recommended newsletter promo advert advertisement ads ad skip-link skiplink "
    "mw-editsection noprint catlinks printfooter toc pagination pager site-header site-footer "
    "site-nav main-nav top-nav subscribe comments-link post-navigation nav-links".split()
)
_WORDS = re.compile(r"[a-z0-9-]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MANY_LINKS = 0.5
_SHORT = 300
_LARGE_SHARE = 0.4
"""No rule that goes by a name or a link count takes more of the page's text than this."""
_ARTICLE_SHARE = 0.3
_SHORTEST_ARTICLE = 200


def without_chrome(root: Any, length: int) -> Any:
    """`root` without navigation, menus, page headers and footers, scripts and what is hidden.

    Changes `root`. `length` is that of the page's whole text.
    """
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag in ("html", "body", "main"):
            continue
        if element.getparent() is None or element is root:
            continue
        if _is_chrome(element, length):
            _drop(element)
    return root


def article_roots(root: Any) -> list[Any]:
    """The elements that hold the article: what the page says it is, else `root`."""
    whole = _length(root)
    for path in (
        ".//*[@itemprop='articleBody']/ancestor-or-self::article",
        ".//main | .//*[@role='main']",
        ".//article[not(ancestor::article)]",
    ):
        found = [element for element in root.xpath(path) if not _inside(element, root.xpath(path))]
        length = sum(_length(element) for element in found)
        if found and length >= min(_SHORTEST_ARTICLE, whole) and length >= _ARTICLE_SHARE * whole:
            return found
    return [root]


def _inside(element: Any, others: list[Any]) -> bool:
    return any(ancestor in others for ancestor in element.iterancestors())


def _is_chrome(element: Any, length: int) -> bool:
    tag = element.tag.lower()
    if tag in _ALWAYS:
        return True
    own = _length(element)
    large = own > _LARGE_SHARE * length
    if _is_hidden(element) and not large:
        return True
    linked = _linked(element, own)
    if element.get("role", "").lower() in _ROLES:
        return not large
    if tag in _OFTEN:
        return not large and not _belongs(element, linked)
    if tag == "form":
        return own < _SHORT and not large and not element.xpath(".//p | .//h1 | .//h2 | .//table")
    if _names(element) & _NAMES and tag not in ("a", "span", "h1", "h2", "p", "article"):
        return not large and (linked >= _MANY_LINKS or own < _SHORT) and not _has_headline(element)
    if tag in ("ul", "ol", "div", "table", "td"):
        return _is_menu(element, own, linked, length)
    return False


def _belongs(element: Any, linked: float) -> bool:
    """Whether a header, footer or aside is part of the text: the article's own, or its headline."""
    if element.tag == "header" and _has_headline(element):
        return linked < _MANY_LINKS
    within = any(ancestor.tag in ("article", "main", "blockquote", "figure")
                 for ancestor in element.iterancestors())  # fmt: skip
    asks = element.xpath(".//form | .//input | .//button | .//nav")
    return within and linked < _MANY_LINKS / 2 and not asks


def _has_headline(element: Any) -> bool:
    return bool(element.xpath(".//h1"))


def _is_menu(element: Any, own: int, linked: float, length: int) -> bool:
    """Whether it is a row or list of short links outside of what the page says is its article."""
    if linked < 0.8 or own > _LARGE_SHARE * length / 2 or _has_headline(element):
        return False
    links = element.xpath(".//a[@href]")
    if len(links) < 3 or own / len(links) > 40:
        return False
    return not any(ancestor.tag in ("article", "main", "p") for ancestor in element.iterancestors())


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden", "").lower() == "true"
        or _HIDDEN.search(element.get("style", "")) is not None
    )


def _names(element: Any) -> set[str]:
    return set(_WORDS.findall(f"{element.get('class', '')} {element.get('id', '')}".lower()))


def _length(element: Any) -> int:
    """Characters of text below `element`, white space counted as none."""
    return sum(
        len("".join(text.split()))
        for text in element.xpath(".//text()[not(ancestor::script or ancestor::style)]")
    )


def _linked(element: Any, own: int) -> float:
    """Share of the text that is links."""
    links = element.xpath(".//a[@href]//text()") if own else []
    return sum(len("".join(text.split())) for text in links) / own if own else 0.0


def _drop(element: Any) -> None:
    """Remove `element`, and keep the text behind it."""
    parent, tail = element.getparent(), element.tail
    if tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    parent.remove(element)
