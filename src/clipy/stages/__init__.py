"""The five stages. Their folders sort in pipeline order: highlight, reframe, render, review, upload."""
