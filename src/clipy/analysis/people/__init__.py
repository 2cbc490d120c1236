"""Who is who and who says what: voices, faces and words joined once, for every stage."""
