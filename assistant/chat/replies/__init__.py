"""An answer as the browser shows it, and what to ask next."""
