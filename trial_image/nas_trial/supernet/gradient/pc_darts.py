"""PC-DARTS: DARTS over a part of the channels, with a weight for each edge as well.

Which channels are mixed changes by chance, so the operations' parameters of an edge say less about the edge; weights of
edges, of which those into a node are a softmax, make up for that (edge normalisation). They count when two inputs of a
node are chosen: an option's strength is its probability times its edge's weight. Only the weights learn in the first 15
of 50 epochs. Reference: Xu, Xie, Zhang, Chen, Qi, Tian & Xiong, "PC-DARTS: Partial Channel Connections for
Memory-Efficient Architecture Search", ICLR 2020, arXiv:1907.05737. The part of the channels is a cure that other
methods can have too: `nas_trial.supernet.gradient.partial_channels`.
"""

from __future__ import annotations

from nas_trial.supernet.gradient.darts import DartsMethod


class PcDartsMethod(DartsMethod):
    """Mixtures by softmax, on edges with weights."""

    warm_up = 0.3
    edge_weights = True
