"""What is particular to one platform's API: error codes in plain words, and extras."""
