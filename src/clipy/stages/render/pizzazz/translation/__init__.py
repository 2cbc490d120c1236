"""What the pizzazz ``translate`` is made of: the question to the model, and the times of translated words."""
