"""Building blocks of the reviewers: caption lines, platform limits, findings over spans of a clip."""
