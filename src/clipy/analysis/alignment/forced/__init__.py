"""Forced alignment: acoustic model, pronunciations, Viterbi search, word times."""
