"""The parts of ``benchmark/reframe.py``."""
