"""Layers of transformers that several networks are made of: attention, feed-forward, both with a residual way around.

References: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, arXiv:1706.03762; normalisation before each part,
which trains without warm-up: Xiong et al., ICML 2020, arXiv:2002.04745. Shapes: N examples, L tokens, D width.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from nas_model.networks.sharing import joined

DROPOUT = 0.1
"""Share of the activations that are dropped where the architecture does not say."""


class Attention(nn.Module):
    """Multi-head attention of tokens among themselves, or to those of a context."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = joined(nn.Linear(width, 2 * width), 2)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None = None, context: Tensor | None = None) -> Tensor:
        """Map x (N, L, D) to its shape; ``context`` (N, M, D) is x itself if not given, ``mask`` (N, M) its tokens.

        Of each example at least one token has to be true in the mask.
        """
        keys, values = self.key_value(x if context is None else context).chunk(2, dim=-1)  # each (N, M, D)
        # The mask broadcasts over heads and queries: (N, 1, 1, M).
        attended = functional.scaled_dot_product_attention(
            self._split(self.query(x)),
            self._split(keys),
            self._split(values),
            attn_mask=None if mask is None else mask[:, None, None, :],
        )
        out: Tensor = self.out(attended.transpose(1, 2).flatten(2))  # heads side by side again: (N, L, D)
        return out

    def _split(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, heads, L, D / heads)."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


def feed_forward(width: int, hidden: int, dropout: float = DROPOUT) -> nn.Sequential:
    """Return two linear layers with GELU between them; they keep the shape (…, D)."""
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width))


class ReGLU(nn.Module):
    """A feed-forward part one half of whose inner values is the gate of the other (Shazeer 2020, arXiv:2002.05202)."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.into, self.out = joined(nn.Linear(width, 2 * hidden), 2), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, D) to the same shape."""
        values, gates = self.into(x).chunk(2, dim=-1)  # each (…, hidden)
        out: Tensor = self.out(self.dropout(values * functional.relu(gates)))
        return out


class TransformerLayer(nn.Module):
    """Attention, then a feed-forward part, each normalised before and with a residual way around."""

    def __init__(self, width: int, heads: int, feed_forward: nn.Module, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.norm_a: nn.Module = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm_f, self.feed_forward = nn.LayerNorm(width), feed_forward
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (N, L, D) to the same shape; ``mask`` (N, L) is true where a token is."""
        x = x + self.dropout(self.attention(self.norm_a(x), mask))
        out: Tensor = x + self.dropout(self.feed_forward(self.norm_f(x)))
        return out


def masked_mean(x: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean (N, D) of the tokens x (N, L, D) that are true in the mask (N, L); of all without one."""
    if mask is None:
        return x.mean(1)
    weights = mask.to(x.dtype).unsqueeze(-1)  # (N, L, 1)
    return (x * weights).sum(1) / weights.sum(1)
