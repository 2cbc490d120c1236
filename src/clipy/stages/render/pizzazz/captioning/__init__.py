"""Captions before a pixel is drawn: which words, with what emphasis, at which height."""
