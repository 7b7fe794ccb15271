"""Data prepared once: shards of tensors, and all that is needed to make more of them (docs/prepared-data.md)."""
