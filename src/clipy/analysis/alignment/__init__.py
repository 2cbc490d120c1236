"""Alignment: the exact times of known words."""
