"""From a question to passages: filters, other names, lexical and dense search, near-copies."""
