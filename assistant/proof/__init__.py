"""Every citation against the corpus, and what is written against what it cites."""
