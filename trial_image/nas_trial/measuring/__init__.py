"""What a network costs: size, FLOPs, memory and time, measured without training it."""
