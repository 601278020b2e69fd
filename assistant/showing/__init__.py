"""An answer in the forms that others read: Markdown with footnotes, and why it is what it is."""
