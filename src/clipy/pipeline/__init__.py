"""The five stages in order, and what happens between them: candidates, review and repair, delivery, the result."""
