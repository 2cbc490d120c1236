"""Picture analysis apart from faces: black bars, text, picture-in-picture, tiles, saliency."""
