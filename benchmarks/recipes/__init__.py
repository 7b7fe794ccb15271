"""Whether the defaults of `spec.evaluation` train every ready-made space, each on its usual task."""
