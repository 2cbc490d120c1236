"""What executors are made of: a job, the steps of its work, and processes that do them."""
