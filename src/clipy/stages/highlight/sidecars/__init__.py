"""Files that downloaders leave beside a video: chat replays and info.json, read as hints of what viewers liked."""
