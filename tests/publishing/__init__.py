"""Uploading, against strict local servers that can be told to fail."""
