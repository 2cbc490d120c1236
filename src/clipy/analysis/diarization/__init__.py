"""Who speaks when, from the sound alone."""
