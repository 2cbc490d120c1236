"""What happens between the stages: candidates judged, repaired, delivered, and what is told of them."""
