"""Audio analysis: voice activity, levels, track selection, beats and mood of music."""
