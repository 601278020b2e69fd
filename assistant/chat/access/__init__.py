"""Who may use the chat, and what a page of it may do."""
