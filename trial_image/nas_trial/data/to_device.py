"""Batches brought from the host's memory to the device, on a GPU while it computes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import torch
from torch import Tensor

from nas_trial.data.reading_ahead import Ahead, Host


def to_device(found: Ahead, device: torch.device) -> Ahead:
    """Yield rows and their inputs on the device."""
    with closing(found):
        yield from _copied_ahead(found, device) if device.type == "cuda" else found


def _copied_ahead(found: Ahead, device: torch.device) -> Generator[tuple[Tensor, Host], None, None]:
    """Copy each batch while the one before it is used: in a stream of its own, from pinned memory."""
    copying = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def copy(rows: Tensor, inputs: Host) -> tuple[Tensor, Host, torch.cuda.Event]:
        with torch.cuda.stream(copying):
            on_device = {name: values.to(device, non_blocking=True) for name, values in inputs.items()}
            return rows.to(device, non_blocking=True), on_device, copying.record_event()

    def hand_over(rows: Tensor, inputs: Host, copied: torch.cuda.Event) -> tuple[Tensor, Host]:
        computing = torch.cuda.current_stream(device)
        computing.wait_event(copied)
        for values in (rows, *inputs.values()):
            # Its memory is of the other stream, which must not use it again before this one is done with it.
            values.record_stream(computing)
        return rows, inputs

    ahead: tuple[Tensor, Host, torch.cuda.Event] | None = None
    for rows, inputs in found:
        following = copy(rows, inputs)
        if ahead:
            yield hand_over(*ahead)
        ahead = following
    if ahead:
        yield hand_over(*ahead)
