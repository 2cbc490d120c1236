"""A transcript ranked by a language model: prompts, windows, answers and proposals."""
