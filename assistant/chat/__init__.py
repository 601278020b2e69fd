"""The chat in the browser. `serve` starts it; importing this costs nothing."""

from __future__ import annotations

from assistant.chat.launch import serve

__all__ = ["serve"]
