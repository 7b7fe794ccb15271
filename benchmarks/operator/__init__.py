"""How much the operator adds to what plain Kubernetes takes (`make bench-operator`)."""
