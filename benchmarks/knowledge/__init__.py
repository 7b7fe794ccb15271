"""What it is worth to begin with what earlier searches on other data have left: leave one out."""
