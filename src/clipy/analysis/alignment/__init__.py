"""When each known word is said."""
