"""Executors: where the work on the videos of a run is done. A file here is a backend that can be picked by name."""
