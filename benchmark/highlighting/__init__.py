"""Talks with planted moments, and what is measured on them."""
