"""Numbers computed once by other people's code, and how."""
