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
    "cookie cookies cookie-banner cookie-notice consent share sharing social social-share "
    "related related-posts recommended newsletter promo advert advertisement ads ad skip-link "
    "skiplink catlinks navbox mw-navigation mw-panel mw-head vector-header vector-sidebar "
    "vector-toc printfooter toc pagination pager site-header site-footer site-nav main-nav "
    "top-nav subscribe comments-link post-navigation nav-links".split()
)
_ASIDES = frozenset(
    "mw-editsection mw-jump-link noprint skip-link skiplink skip-to-content skip-nav sr-only "
    "visually-hidden screen-reader-text screen-reader-shortcut".split()
)
"""Names of what stands within the text and is for other readers, or no part of it."""
_WORDS = re.compile(r"[a-z0-9-]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MANY_LINKS = 0.5
_SHORT = 300
_LARGE_SHARE = 0.4
"""No rule that goes by a name or a link count takes more of the page's text than this."""
_ARTICLE_SHARE = 0.3
_SHORTEST_ARTICLE = 200


def without_chrome(root: Any) -> Any:
    """`root` without navigation, menus, page headers and footers, scripts and what is hidden.

    Changes `root`.
    """
    sizes = _sizes(root)
    length = sizes[root][0]
    gone: set[Any] = set()
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag in ("html", "body", "main"):
            continue
        if element.getparent() in gone:
            gone.add(element)
        elif element is not root and _is_chrome(element, *sizes.get(element, (0, 0)), length):
            gone.add(element)
            _drop(element)
    return root


def article_roots(root: Any) -> list[Any]:
    """The elements that hold the article: what the page says it is, else `root`."""
    sizes = _sizes(root)
    whole = sizes[root][0]
    for path in (
        ".//*[@itemprop='articleBody']/ancestor-or-self::article",
        ".//main | .//*[@role='main']",
        ".//article",
    ):
        named = set(root.xpath(path))
        found = [e for e in root.iter() if e in named and named.isdisjoint(e.iterancestors())]
        length = sum(sizes[element][0] for element in found)
        if found and length >= min(_SHORTEST_ARTICLE, whole) and length >= _ARTICLE_SHARE * whole:
            return found
    return [root]


def _sizes(root: Any) -> dict[Any, tuple[int, int]]:
    """Characters of text below each element, and how many of them are links; without white space.

    In one pass: a page may be nested deep, and asking each element anew takes the square of it.
    """
    from lxml import etree

    sizes: dict[Any, tuple[int, int]] = {}
    open_sizes: list[list[int]] = [[0, 0]]
    links = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            links += name == "a"
            own = _letters(element.text) if name and name not in ("script", "style") else 0
            open_sizes.append([own, own if links else 0])
        else:
            links -= name == "a"
            own, linked = open_sizes.pop()
            sizes[element] = (own, linked)
            tail = _letters(element.tail) if element is not root else 0
            open_sizes[-1][0] += own + tail
            open_sizes[-1][1] += linked + (tail if links else 0)
    return sizes


def _letters(text: str | None) -> int:
    return len("".join(text.split())) if text else 0


def _is_chrome(element: Any, own: int, in_links: int, length: int) -> bool:
    tag = element.tag.lower()
    if tag in _ALWAYS:
        return True
    large = own > _LARGE_SHARE * length
    if _is_hidden(element) and not large:
        return True
    linked = in_links / own if own else 0.0
    if element.get("role", "").lower() in _ROLES:
        return not large
    if tag in _OFTEN:
        return not large and not _belongs(element, linked)
    if tag == "form":
        return own < _SHORT and not large and not element.xpath(".//p | .//h1 | .//h2 | .//table")
    names = _names(element)
    if names & _ASIDES and own < _SHORT and not large:
        return True
    if names & _NAMES and tag not in ("a", "span", "h1", "h2", "p", "article"):
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
