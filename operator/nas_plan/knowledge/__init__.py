"""The knowledge base of a namespace: what a search leaves for later ones, and what one begins with. Pure."""
