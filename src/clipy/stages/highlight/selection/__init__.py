"""From sentences to picks: candidates, features, scores, titles and scheduling."""
