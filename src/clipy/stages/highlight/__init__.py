"""Content highlighting: which moments are worth a clip."""
