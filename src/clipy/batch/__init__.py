"""Many videos: which, in what order, what became of each, and how they are worked on."""
