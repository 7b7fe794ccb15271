"""A search on this machine, without a cluster: the operator's own plan, trials as processes, a folder as storage."""
