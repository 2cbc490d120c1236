"""What ``benchmark/tune.py`` tries: settings of transcription, shots, faces and encoding, each against the truth."""
