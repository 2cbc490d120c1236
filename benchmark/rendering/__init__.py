"""What ``benchmark/render.py`` measures, one part a file."""
