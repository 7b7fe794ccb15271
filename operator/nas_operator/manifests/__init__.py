"""Builders of the objects the operator creates. Pure: they never see a client."""
