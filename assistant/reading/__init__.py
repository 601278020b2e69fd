"""From passages to sentences, best first, and how sure it is that the best one answers."""
