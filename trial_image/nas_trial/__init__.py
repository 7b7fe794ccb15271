"""The PyTorch side: runs in a trial's container, reads a `TrialInput`, trains the candidate, writes a `TrialResult`."""
