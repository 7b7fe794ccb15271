"""What the trainer costs beside a hand-written loop, and what packing saves."""
