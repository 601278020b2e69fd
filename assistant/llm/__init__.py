"""An optional language model: what it is told, how it is reached, what of its text is kept."""
