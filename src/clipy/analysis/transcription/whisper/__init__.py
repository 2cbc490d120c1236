"""What transcribers of the Whisper family share."""
