"""What one plan costs, and what it keeps waiting."""
