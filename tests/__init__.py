"""Tests of clipy; a package, so that they can share ``fixtures.media``."""
