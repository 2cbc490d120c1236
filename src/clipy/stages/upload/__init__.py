"""Auto uploading: publish the clips that passed."""
