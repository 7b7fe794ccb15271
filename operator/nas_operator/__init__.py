"""The Kubernetes side: watch searches, gather what exists, plan what should, apply the difference."""
