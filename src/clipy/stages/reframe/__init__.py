"""Auto-cropping: the crop window of every moment."""
