"""A look at data before anything is trained: what they are, what is to be predicted, and what is odd about them.

Only a first part is read, within bounds on rows, bytes and time. Neither PyTorch nor the trainer is needed. What words
and endings mean comes from `nas_core`, as for the trainer; tests hold that both say the same of the same file.
"""

from nas_client.looking.buckets import address_of, in_bucket, is_address, open_bucket
from nas_client.looking.look import look
from nas_client.looking.places import Place, local
from nas_client.looking.proposal import Uri, Volume, manifest_of
from nas_client.looking.seen import Seen
from nas_client.looking.tables import Choose

__all__ = [
    "Choose", "Place", "Seen", "Uri", "Volume", "address_of", "in_bucket", "is_address", "local", "look", "manifest_of",
    "open_bucket",
]  # fmt: skip
