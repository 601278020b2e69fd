"""The pages of the articles, and adding and removing articles in the browser."""
