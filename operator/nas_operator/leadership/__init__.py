"""Which of several operators works: one leader by a Lease, and one operator for each search."""
