"""What it is worth to begin with an earlier search, of another data set or of noise (`make bench-transfer`)."""
