"""Layouts of a shot: one window, a split screen, or the whole picture."""
