"""What one supernet is worth to several devices: each device's best network beside the same network trained alone."""
