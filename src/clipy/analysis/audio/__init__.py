"""What the sound is like: speech or not, how loud, where music beats."""
