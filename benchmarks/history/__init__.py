"""How strategies bear long histories."""
