"""The training loop and what it is made of: data order, optimiser, augmentation, checkpoints, several processes."""
