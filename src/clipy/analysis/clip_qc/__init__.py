"""Measurements of a finished clip, shared by all reviewers."""
