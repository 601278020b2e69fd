"""The settings behind the gear beside the question: Chainlit's own widgets, filled with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainlit.chat_settings import ChatSettings  # noqa: TID253 (only the running app imports this)
from chainlit.input_widget import RadioGroup, Switch, Tags, TextInput  # noqa: TID253

from assistant.chat.preferences import shown_names
from assistant.chat.texts.language import gettext as _

if TYPE_CHECKING:
    from chainlit.input_widget import InputWidget

    from assistant.chat.preferences import Asking

__all__ = ["settings_panel"]


def settings_panel(now: Asking, *, with_llm: bool) -> ChatSettings:
    """What can be set, as it is set now; `preferences.read_form` reads what comes back."""
    preferences = now.preferences
    inputs: list[InputWidget] = [
        RadioGroup(
            id="answers",
            label=_("Answers"),
            items={
                _("Short: the sentences that answer"): "short",
                _("Detailed: also what the article says around them"): "detailed",
            },
            initial_value="detailed" if preferences.detailed else "short",
        ),
        Tags(
            id="articles",
            label=_("Only these articles"),
            description=_(
                "Words of a title, then Enter. Empty: all. Or tick some in “Browse the articles”."
            ),
            initial=list(shown_names(now.chosen)),
        ),
        TextInput(
            id="since",
            label=_("Only articles since"),
            description=_("2023, 2023-07 or 2023-07-14"),
            initial=preferences.since or "",
        ),
        TextInput(
            id="until",
            label=_("Only articles until"),
            description=_("Empty: any date"),
            initial=preferences.until or "",
        ),
    ]
    if with_llm:
        inputs.append(
            Switch(
                id="llm",
                label=_("Let the language model write"),
                description=_("Each of its sentences is checked. Off: only the articles' own."),
                initial=preferences.llm,
            )
        )
    return ChatSettings(inputs)
