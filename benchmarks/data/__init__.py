"""Reading and preparing data: speed beside a plain loop, time to the first step, memory against the size of the data."""
