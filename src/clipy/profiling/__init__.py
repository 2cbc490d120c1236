"""Where a run's time and memory go: by stage, by function, and as a flame graph."""
