"""What every uploader shares: the journal, HTTP, permissions, words for a post, and what platforms allow."""
