"""What source trees of clipy make of the same videos, and where that differs."""
