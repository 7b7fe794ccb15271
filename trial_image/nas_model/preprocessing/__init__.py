"""What was fitted to the training examples, applied to raw inputs: in the trainer, and wherever a model is used."""
