"""Background music: the library, its credits, the arrangement, and ducking."""
