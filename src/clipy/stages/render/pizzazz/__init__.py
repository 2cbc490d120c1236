"""Pizzazz: everything that is added to a clip, each a backend of its own."""
