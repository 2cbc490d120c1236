"""What is said: speech recognition, or subtitles that exist already."""
