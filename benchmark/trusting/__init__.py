"""The parts of ``benchmark/trust.py``."""
