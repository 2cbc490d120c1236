"""Voices: segmentation, embeddings, clustering."""
