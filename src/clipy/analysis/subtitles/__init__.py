"""Subtitle files, read and written."""
