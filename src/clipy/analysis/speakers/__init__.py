"""Active speaker detection: which face on screen speaks."""
