"""A look at data before anything is trained: what they are, what is to be predicted, and what is odd about them.

Only a first part is read, within bounds on rows, bytes and time. Neither PyTorch nor the trainer is needed. What words
and endings mean comes from `nas_core`, as for the trainer; tests hold that both say the same of the same file.
"""

from nas_client.looking.look import look
from nas_client.looking.places import Place, local
from nas_client.looking.seen import Seen

__all__ = ["Place", "Seen", "local", "look"]
