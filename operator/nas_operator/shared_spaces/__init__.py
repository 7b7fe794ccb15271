"""The controller of NASSearchSpace: says whether a shared space can be used."""
