"""Auto-cropping: where to look."""
