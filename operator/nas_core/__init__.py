"""The words every other package speaks: API types, search spaces and architectures, the trial contract. No I/O."""
