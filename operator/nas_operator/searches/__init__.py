"""The controller of NASSearch: gather what exists, plan, apply."""
