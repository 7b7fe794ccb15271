"""The process around the work: how it starts, is asked to stop, is watched, logs and serves its metrics."""
