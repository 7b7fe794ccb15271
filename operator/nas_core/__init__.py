"""What all other packages share: API types, search spaces and architectures, the trial contract. No I/O."""
