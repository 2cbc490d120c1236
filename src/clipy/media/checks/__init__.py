"""Measurements of a finished file: every frame and every sample, decoded once."""
