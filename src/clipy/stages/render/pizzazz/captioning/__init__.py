"""Caption planning: key words, emoji, and the height of each card."""
