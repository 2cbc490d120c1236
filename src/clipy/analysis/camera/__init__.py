"""Whom the crop window follows, and how it moves."""
