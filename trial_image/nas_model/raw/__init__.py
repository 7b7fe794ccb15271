"""Raw inputs as people have them (tables, lists, arrays, folders of files), read piece by piece."""
