"""Written language, whatever shows or says it: sentences, punctuation, abbreviations, fillers, strong language."""
