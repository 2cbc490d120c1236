"""Which face on screen is the one that is heard."""
