"""How soon ASHA reaches what Hyperband reaches, in simulated time."""
