"""Text analysis: openings and closings, topics, duplicates, sentiment, mood."""
