"""Texts as streams that are read window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from skseq.networks import Passage

__all__ = ["PassageBatch", "PassageIterator", "TextDataset"]


class PassageBatch(NamedTuple):
    """A window of every stream, and the symbol that follows each of its tokens."""

    x: Passage
    lengths: None
    y: Tensor  # (B, T), columns of the output
    weights: None

    def __len__(self) -> int:
        return self.y.numel()


class TextDataset:
    """The symbols of one long text, or of complete texts, to be told one by one.

    Complete texts are joined, in another order in every epoch, and a token marks where
    one ends and the next one starts. One long text goes round, and is read from another
    place on in every epoch.

    Parameters
    ----------
    texts : sequence of ndarray of int
        The tokens of each text.
    columns : ndarray of int of shape (n_tokens,)
        The column of the network's output that is about a token.
    start : int
        The token before the first symbol of a text.
    complete : bool
        Whether the texts are complete, rather than one that starts anywhere.
    window_length : int
        Number of tokens that are read at once.
    device : torch.device
        Where the tensors live.
    """

    weights = None

    def __init__(
        self,
        texts: Sequence[np.ndarray],
        columns: np.ndarray,
        *,
        start: int,
        complete: bool,
        window_length: int,
        device: torch.device,
    ):
        self.start = start
        self.complete = complete
        self.window_length = window_length
        self._columns = torch.as_tensor(columns, device=device)
        mark = torch.tensor([start] if complete else [], dtype=torch.int64)
        self._texts = [torch.cat([mark, torch.as_tensor(text)]) for text in texts]
        self._texts = [text.to(device) for text in self._texts]
        self._last = mark.to(device)

    def __len__(self) -> int:
        """Return the number of symbols to tell."""
        return sum(map(len, self._texts)) - (not self.complete)

    def batches(
        self, batch_size: int, generator: torch.Generator | None
    ) -> PassageIterator:
        """Return an iterator over windows of `batch_size` streams, or fewer.

        Streams would not be shorter than a window.
        """
        n_windows = len(self) // self.window_length
        n_streams = int(np.clip(n_windows, 1, batch_size))
        return PassageIterator(self, n_streams, generator)

    def joined(self, generator: torch.Generator | None) -> Tensor:
        """Return all tokens in a row, mixed if there is a generator."""
        texts = self._texts
        if generator is not None and self.complete:
            order = torch.randperm(len(texts), generator=generator)
            texts = [texts[i] for i in order.tolist()]
        tokens = torch.cat([*texts, self._last])
        if generator is not None and not self.complete:
            shift = torch.randint(len(tokens), (), generator=generator)
            tokens = tokens.roll(int(shift))
        return tokens

    def gather(self, tokens: Tensor, n_streams: int) -> tuple[Tensor, Tensor]:
        """Return what `n_streams` streams read and what they shall tell, (B, T)."""
        length = len(self) // n_streams
        read = tokens[: n_streams * length].reshape(n_streams, length)
        if not self.complete:
            read = read.clone()
            read[:, 0] = self.start
        follows = tokens[1 : n_streams * length + 1].reshape(n_streams, length)
        return read, self._columns[follows]


class PassageIterator:
    """Windows of several streams of text, each going on where the last one ended.

    Parameters
    ----------
    dataset : TextDataset
        The texts.
    n_streams : int
        Number of streams B that are cut from them and read side by side.
    generator : torch.Generator or None
        Mixes the texts anew in every iteration; None keeps their order.
    """

    def __init__(
        self, dataset: TextDataset, n_streams: int, generator: torch.Generator | None
    ):
        self.dataset = dataset
        self.n_streams = n_streams
        self.generator = generator

    def __len__(self) -> int:
        return -(-(len(self.dataset) // self.n_streams) // self.dataset.window_length)

    def __iter__(self) -> Iterator[PassageBatch]:
        tokens = self.dataset.joined(self.generator)
        streams = self.dataset.gather(tokens, self.n_streams)
        windows = (part.split(self.dataset.window_length, dim=1) for part in streams)
        for i, (read, follows) in enumerate(zip(*windows, strict=True)):
            yield PassageBatch(Passage(read, begins=i == 0), None, follows, None)
