"""Crop windows as pizzazz sees and changes them: letterboxed pictures and punch-ins."""
