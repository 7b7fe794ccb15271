"""Tables: CSV, Parquet or JSON lines, read in two passes and never whole in memory.

The flow: `choose` finds the files of each split; `table` reads them batch by batch, whatever the format (`csv_files`,
`parquet_files`, `json_lines`); `roles` are the columns that have a part by name; the first pass, `scan`, collects
targets and what each column holds (`profile`, by `values`); `columns` decides from that what the inputs are;
`inputs` makes the examples, whose second pass reads the inputs.
"""
