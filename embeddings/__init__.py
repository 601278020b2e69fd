"""From articles to something searchable: read, split, encode, commit, index."""
