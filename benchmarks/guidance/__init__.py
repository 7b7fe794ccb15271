"""What preferences are worth, on tables."""
