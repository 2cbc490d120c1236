"""Speaker diarization: who speaks when, from the sound alone."""
