"""What is used to develop clipy, and is no part of it."""
