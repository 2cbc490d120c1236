"""What pizzazz asks of, and does to, the windows of a crop: letterboxed regions and punch-ins."""
