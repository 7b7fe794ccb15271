"""Data sets: files of many formats in, tensors of three splits out; `load` is the way in, `readers` has the formats."""
