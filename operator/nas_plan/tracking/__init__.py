"""What servers for experiments get of a search: pure, from the search and its trials as they are."""
