"""What rules of early stopping save, and what they lose."""
