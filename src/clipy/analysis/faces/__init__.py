"""Where faces are: detectors, tracks, and who is the same person."""
