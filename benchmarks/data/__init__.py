"""Reading and preparing data: speed beside a plain loop, time to the first step, memory by the size of the data."""
