"""What sentences mean, and how they feel."""
