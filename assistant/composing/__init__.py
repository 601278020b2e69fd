"""From sentences to an answer, a digest or the reason for a refusal. Nothing is reworded."""
