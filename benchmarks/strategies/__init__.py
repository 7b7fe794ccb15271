"""Strategies beside other libraries' on published tables (`make bench-strategies`)."""
