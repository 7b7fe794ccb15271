"""What the plan plays against: the interface of a backend (Kubernetes, this machine), and what is the same on all."""
