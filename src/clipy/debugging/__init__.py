"""What ``--debug`` leaves beside the clips: what was seen and decided, as video and as data."""
