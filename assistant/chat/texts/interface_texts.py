"""The texts of Chainlit's own interface: as it brings them in each language, with ours for some."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistant.chat.texts.language import N_, gettext

__all__ = ["OURS", "interface_texts"]

WRONG = N_("Wrong name or password, or too many tries: then wait a minute")
OURS = {
    "chat.input.placeholder": N_("Ask the articles a question"),
    "chat.input.actions.send": N_("Ask"),
    "chat.input.actions.stop": N_("Stop"),
    "chat.messages.status.using": "",
    "chat.messages.status.used": "",
    "chat.messages.feedback.dialog.yourFeedback": N_("Your feedback"),
    "chat.settings.title": N_("Settings"),
    "chat.watermark": N_(
        "Every sentence is quoted from the articles. Click a number to see where it stands."
    ),
    "common.status.loading": N_("Loading…"),
    "navigation.newChat.button": N_("New conversation"),
    "navigation.newChat.dialog.tooltip": N_("New conversation"),
    "auth.login.title": N_("Log in to Footnote"),
    "auth.login.form.email.label": N_("Name"),
    "auth.login.form.email.placeholder": "",
    "auth.login.form.email.required": N_("Type your name"),
    "auth.login.form.password.required": N_("Type your password"),
    "auth.login.form.actions.signin": N_("Log in"),
    "auth.login.errors.default": WRONG,
    "auth.login.errors.credentialsSignin": WRONG,
    "navigation.user.menu.logout": N_("Log out"),
    "threadHistory.sidebar.title": N_("Conversations"),
    "threadHistory.sidebar.empty": N_("No conversations"),
    "threadHistory.sidebar.filters.placeholder": N_("Search the conversations"),
    "threadHistory.thread.untitled": N_("Conversation without a name"),
    "threadHistory.thread.actions.delete.description": N_(
        "This deletes the conversation with its answers and ratings. It cannot be undone."
    ),
    "threadHistory.thread.actions.delete.success": N_("Conversation deleted"),
    "threadHistory.thread.actions.delete.inProgress": N_("Deleting the conversation"),
    "threadHistory.thread.actions.rename.title": N_("Rename the conversation"),
    "threadHistory.thread.actions.rename.description": N_("Type a new name for it."),
    "threadHistory.thread.actions.rename.success": N_("Conversation renamed"),
    "threadHistory.thread.actions.rename.inProgress": N_("Renaming the conversation"),
}
"""By the path of a text in Chainlit's translations, what stands there instead."""


def interface_texts(language: str) -> dict[str, Any]:
    """All texts in one of `language.LANGUAGES`, as Chainlit reads them."""
    spec = find_spec("chainlit")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "translations"
    texts: dict[str, Any] = json.loads((folder / f"{language}.json").read_text("utf-8"))
    for path, text in OURS.items():
        *parents, last = path.split(".")
        branch = texts
        for parent in parents:
            branch = branch[parent]
        # An empty msgid is the catalog's own header.
        branch[last] = gettext(text, language) if text else ""
    return texts
