"""What a finished file is like: every picture and every sample of it, decoded once."""
