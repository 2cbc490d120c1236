"""From detections to tracks and identities."""
