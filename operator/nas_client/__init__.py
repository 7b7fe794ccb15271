"""What people use from outside the cluster: reading searches, and the command line."""
