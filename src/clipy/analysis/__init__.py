"""Perception that several stages share: words, shots, faces, speakers, sound. It knows no stage."""
