"""What a picture is like apart from its faces: bars, text, pictures in the picture, saliency."""
