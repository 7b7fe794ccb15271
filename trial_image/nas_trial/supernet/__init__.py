"""Supernets: the networks of a search space with weights that they share."""
