"""Building blocks of diarization: segmentation, speaker embeddings, labels."""
