"""Downloading: addresses become files on this machine. The files here are the downloaders, and what they share."""
