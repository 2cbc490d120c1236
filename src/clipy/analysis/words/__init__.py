"""What is said: transcribers, subtitles that somebody has made, sentences."""
