"""What ``benchmark/review.py`` reviews: good clips, and the same with one defect each."""
