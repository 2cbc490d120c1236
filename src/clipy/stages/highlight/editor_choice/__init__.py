"""What editors choose: a small linear model learnt from the cold opens of podcasts, and what it looks at."""
