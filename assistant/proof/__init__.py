"""Citations against the corpus, sentences against their quotes, saved answers against the form."""
