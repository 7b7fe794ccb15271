"""The plan of models: from what is known of one NASModel to what is done about it."""
