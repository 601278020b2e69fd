"""Sentences about an answer that remember what they are made of.

Each is English text, and is shown, saved and compared as such. A face that speaks another language
translates the template and puts the values into that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Said", "listed", "say", "say_count", "translated"]


class Said(str):
    """A text with its template, a second one if it counts, and the values in it."""

    __slots__ = ("singular", "template", "values")
    template: str
    singular: str | None
    """The template for one thing; `template` is then that for several, and `count` is a value."""
    values: Mapping[str, Any]

    def capitalized(self) -> Said:
        """The same with a capital at its start."""
        return _said(f"{self[:1].upper()}{self[1:]}", self.template, self.singular, self.values)

    def renamed(self, names: Mapping[str, str]) -> Said:
        """The same with other values for those that are keys of `names`."""
        values = {
            name: value.renamed(names) if isinstance(value, Said) else names.get(value, value)
            for name, value in self.values.items()
        }
        template = self.singular if self.singular and values["count"] == 1 else self.template
        return _said(template.format(**values), self.template, self.singular, values)

    def parts(self) -> dict[str, Any]:
        """What it is made of, ready for JSON."""
        values = {n: v.parts() if isinstance(v, Said) else v for n, v in self.values.items()}
        return {"template": self.template, "singular": self.singular, "values": values}

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> Said:
        """The text that has these `parts()`."""
        values = {n: cls.of(v) if isinstance(v, dict) else v for n, v in parts["values"].items()}
        singular = parts["singular"]
        template = singular if singular and values["count"] == 1 else parts["template"]
        return _said(template.format(**values), parts["template"], singular, values)


def _said(text: str, template: str, singular: str | None, values: Mapping[str, Any]) -> Said:
    said = Said(text)
    said.template, said.singular, said.values = template, singular, values
    return said


def say(template: str, **values: Any) -> Said:
    """The template with the values in their places; a value that is `Said` is translated too."""
    return _said(template.format(**values), template, None, values)


def say_count(singular: str, plural: str, count: int, **values: Any) -> Said:
    """The template for the number of things, which stands at `{count}`."""
    values = {"count": count, **values}
    return _said((singular if count == 1 else plural).format(**values), plural, singular, values)


def listed(parts: Sequence[str]) -> str:
    """The parts one after another, with semicolons; they may be `Said`."""
    *before, last = parts
    return say("{before}; {last}", before=listed(before), last=last) if before else last


def translated(
    text: str, gettext: Callable[[str], str], ngettext: Callable[[str, str, int], str]
) -> str:
    """`text` by way of its templates; as it is where it has none."""
    if not isinstance(text, Said):
        return text
    template = (
        gettext(text.template)
        if text.singular is None
        else ngettext(text.singular, text.template, text.values["count"])
    )
    values = {
        name: translated(value, gettext, ngettext) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return template.format(**values)
