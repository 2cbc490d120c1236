"""What reviewers are made of: caption lines, platform limits, findings over spans of a clip."""
