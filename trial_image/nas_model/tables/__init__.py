"""Files of tables, read batch by batch with bounds on rows and columns: CSV, Parquet and JSON lines."""
