"""Several processes that train one network, started by torchrun; one process is the simplest case."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from caption_boundaries.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together."""

    rank: int = 0
    world: int = 1

    @property
    def leads(self) -> bool:
        """True for the one that writes and speaks."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return ``network`` so that every process gets the mean of all gradients."""
        if self.world == 1:
            return network
        devices = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=devices, broadcast_buffers=False)

    def gather(self, items: Sequence[T]) -> list[T]:
        """Return everybody's items, item by item in the order of the ranks."""
        if self.world == 1:
            return list(items)
        parts: list[Sequence[T] | None] = [None] * self.world
        dist.all_gather_object(parts, list(items))
        longest = max(len(part or ()) for part in parts)
        return [part[i] for i in range(longest) for part in parts if part is not None and i < len(part)]

    def mean_of(self, value: float) -> float:
        """Return the mean of everybody's value."""
        if self.world == 1:
            return value
        total = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return float(total / self.world)

    def agree(self, wish: bool) -> bool:
        """Tell whether anybody wishes it, so that all do the same."""
        return self.mean_of(float(wish)) > 0

    def average_buffers(self, network: nn.Module) -> None:
        """Give the running statistics of all processes their mean."""
        if self.world == 1:
            return
        for buffer in network.buffers():
            if buffer.is_floating_point():
                dist.all_reduce(buffer)
                buffer /= self.world

    def wait(self) -> None:
        """Wait until everybody is here."""
        if self.world > 1:
            dist.barrier()


@contextmanager
def joined_processes(micro_batches: int) -> Iterator[Processes]:
    """Join the processes that torchrun started, if it did, and leave them cleanly.

    Args:
        micro_batches: In a step; they are shared out evenly.

    Raises:
        UsageError: They cannot be shared out.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if micro_batches % world:
        raise UsageError(
            f"{micro_batches} micro-batches cannot be shared by {world} processes.",
            hint="Choose a batch size that is a multiple of the processes times the micro-batch.",
        )
    if world == 1:
        yield Processes()
        return
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Processes(dist.get_rank(), world)
        # What still holds a communicator must be gone before the group is, or the process may abort at its end.
        gc.collect()
        dist.barrier()
    finally:
        dist.destroy_process_group()
