"""A Kubernetes cluster of processes on this machine, with an S3 server and Prometheus (``embedded.Cluster``)."""
