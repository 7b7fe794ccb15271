"""A trained architecture: its network, and how raw inputs become what the network takes."""
