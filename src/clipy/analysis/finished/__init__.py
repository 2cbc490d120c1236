"""What a finished clip is like, looked at and listened to again."""
