"""Short-lived keys for pods (`storage.scoped`): who gives them, and who renews them while pods run."""
