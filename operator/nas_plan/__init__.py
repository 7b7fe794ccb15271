"""The plan of a search: pure decisions from a snapshot and a clock. No client, no library that does I/O."""
