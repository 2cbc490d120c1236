"""What every renderer shares: composed frames, the mixed soundtrack, and the file they go into."""
