"""Rendering and pizzazz: pixels and sound as a finished file."""
