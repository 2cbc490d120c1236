"""What renderers share: composed frames, the mixed soundtrack, loudness normalization, and the MP4 renderer."""
