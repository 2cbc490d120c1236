"""Publish at most once: the journal, credentials, limits, schedules and HTTP behind every uploader."""
