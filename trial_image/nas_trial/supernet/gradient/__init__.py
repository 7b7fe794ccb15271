"""Search by gradients: weights and the architecture's parameters are trained together, then the architecture derived.

A mixed network (`mixed_network`) computes on every edge one option or a mixture of all (`mixed`). The architecture's
parameters (`parameters`) say how likely each is; a method (`methods`) says what a step computes of that, and a rule
of the training loop (`step`) trains both by turns. Cures for known faults have a file each: `auxiliary_skip`,
`eigenvalue_stop`, `partial_channels`, `perturbation`, `skip_limit`. `run` is the way in.
"""
