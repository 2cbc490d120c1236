"""Where to look: what a shot is like, whom to follow, and how the camera moves."""
