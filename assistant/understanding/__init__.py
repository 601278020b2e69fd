"""From what was typed, and what was said before, to what is asked."""
