"""What ``--debug`` saves: each clip with all that was seen and decided, as video and as data."""
