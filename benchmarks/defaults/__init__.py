"""What a search reaches that leaves everything open, against simple models, on small data of every modality."""
