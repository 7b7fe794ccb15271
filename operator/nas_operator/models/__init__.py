"""The controller of NASModel, and what makes the models that searches publish."""
