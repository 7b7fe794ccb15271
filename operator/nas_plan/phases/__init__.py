"""The phases a search goes through, one file each."""
