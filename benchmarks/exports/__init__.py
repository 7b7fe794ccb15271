"""What exports of trained networks are worth: difference, accuracy, size, latency."""
