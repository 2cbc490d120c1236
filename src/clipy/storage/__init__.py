"""Where every artifact is kept: its file format, the store, and what tidies it."""
