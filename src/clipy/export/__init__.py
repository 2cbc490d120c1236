"""Hands a run's clips to editing software: timelines that cut the source, crops as transforms, captions as titles."""
