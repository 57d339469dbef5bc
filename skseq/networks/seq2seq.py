"""Encoder and decoder: sequences in, sequences of another length out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from skseq.networks.attention import Attention
from skseq.networks.dropout import Dropout
from skseq.networks.encoders import RecurrentEncoder
from skseq.networks.feedback import TeacherForcing, TokenFeedback, ValueFeedback
from skseq.networks.freezing import FreezesEncoder
from skseq.networks.initialization import initialize_linear
from skseq.networks.inputs import static_of, steps_of
from skseq.networks.recurrent import State

__all__ = ["Decoder", "Pair", "Seq2SeqNetwork"]


@dataclass(frozen=True)
class Pair:
    """Sequences to read, and what to write."""

    x: Tensor  # (B, T, F)
    taught: Tensor | None  # (B, U, C), what a teacher tells; None out of training
    n_steps: int  # number of steps U to write

    def __len__(self) -> int:
        return len(self.x)

    @property
    def is_cpu(self) -> bool:
        """Whether a processor computes on them, as tensors say it."""
        return self.x.is_cpu


class Decoder(nn.Module):
    """Recurrent layers that write a sequence, step by step from their own outputs.

    In training the true previous step may be told instead. As attention takes place
    behind the recurrence (Luong et al., 2015), all steps run as one if all are told.

    Parameters
    ----------
    encoder : RecurrentEncoder
        What the layers are like; those of the decoder read in one direction.
    feedback : ValueFeedback or TokenFeedback
        What becomes of the previous step.
    n_outputs : int
        Number of outputs per step.
    attention : {"dot", "general", "additive"} or None, default=None
        How each step chooses what it takes from the encoder's steps.
    n_beside : int, default=0
        Number of features K known at every step.
    teacher_forcing : tuple of two floats, default=(1.0, 1.0)
        Probability of being told the previous step, in the first and last epoch.
    dropout : float, default=0.0
        Dropout before the linear layers.
    """

    def __init__(
        self,
        encoder: RecurrentEncoder,
        feedback: ValueFeedback | TokenFeedback,
        n_outputs: int,
        *,
        attention: str | None = None,
        n_beside: int = 0,
        teacher_forcing: tuple[float, float] = (1.0, 1.0),
        dropout: float = 0.0,
    ):
        super().__init__()
        layers = [getattr(layer, "forwards", layer) for layer in encoder.layers]
        self.recurrence = RecurrentEncoder(
            feedback.output_size + n_beside,
            type(layers[0]),
            tuple(layer.hidden_size for layer in layers),
            dropout=dropout,
            nonlinearity=layers[0].nonlinearity,
        )
        self.bridges = None
        if encoder.bidirectional:
            self.bridges = nn.ModuleList(
                initialize_linear(nn.Linear(2 * layer.hidden_size, layer.hidden_size))
                for layer in layers
                for _ in range(layer.n_states)
            )
        self.feedback = feedback
        self.forcing = TeacherForcing(*teacher_forcing)
        self.dropout = Dropout(dropout)
        size, memory_size = self.recurrence.output_size, encoder.output_size
        self.attention = None
        if attention is not None:
            self.attention = Attention(attention, size, memory_size)
            self.joint = initialize_linear(nn.Linear(size + memory_size, size))
        self.start = nn.Parameter(torch.zeros(feedback.output_size))
        self.output = initialize_linear(nn.Linear(size, n_outputs))

    def forward(
        self,
        states: Sequence[State],
        memory: Tensor,
        lengths: Tensor | None,
        n_steps: int,
        *,
        taught: Tensor | None = None,
        beside: Tensor | None = None,
        line: Tensor | None = None,
        choose: Callable[[int, Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Return outputs (B, U, n_outputs).

        Parameters
        ----------
        states : sequence of State
            The encoder's states after the last step.
        memory : Tensor of shape (B, S, D)
            The encoder's steps.
        lengths : Tensor of int of shape (B,) or None
            How many of these are real; None if all are.
        n_steps : int
            Number of steps U.
        taught : Tensor of shape (B, U, C), optional
            The true steps, of which training makes use.
        beside : Tensor of shape (B, U, K), optional
            What is known at every step.
        line : Tensor of shape (B, U, n_outputs), optional
            What is added to the outputs.
        choose : callable, optional
            (step, what it would be told next) -> what it is told, both (B, 1, C).
        """
        if self.bridges is not None:
            states = self._joined(states)
        keys = None if self.attention is None else self.attention.keys(memory)
        look = partial(self._outputs, keys=keys, memory=memory, lengths=lengths)
        start = self.start.expand(len(memory), 1, -1)
        told = None
        if taught is not None and not self.forcing.never:
            told = self.forcing.draw(taught)
            if told[:, :-1].all():  # nobody is told the last step
                before = torch.cat([start, self.feedback(taught[:, :-1])], dim=1)
                hidden, _ = self._recur(before, beside, states)
                found = look(hidden)
                return found if line is None else found + line
        outputs: list[Tensor] = []
        previous = start
        ended = torch.zeros(len(memory), dtype=torch.bool, device=memory.device)
        for step in range(n_steps):
            now = slice(step, step + 1)
            known = None if beside is None else beside[:, now]
            hidden, states = self._recur(previous, known, states)
            output = look(hidden) if line is None else look(hidden) + line[:, now]
            outputs.append(output)
            chosen = self.feedback.choose(output)
            if choose is not None:
                chosen = choose(step, chosen)
            if told is not None:
                chosen = torch.where(told[:, now, None], taught[:, now], chosen)
            ended = ended | self.feedback.is_end(chosen)
            if taught is None and ended.all():
                outputs += [output] * (n_steps - len(outputs))  # of no concern
                break
            previous = self.feedback(chosen)
        return torch.cat(outputs, dim=1)

    def _joined(self, states: Sequence[State]) -> list[State]:
        """Return states (B, H) of states (B, 2 H) of two directions."""
        bridges = iter(self.bridges)
        return [tuple(next(bridges)(part) for part in state) for state in states]

    def _recur(
        self, x: Tensor, beside: Tensor | None, states: Sequence[State]
    ) -> tuple[Tensor, tuple[State, ...]]:
        if beside is not None:
            x = torch.cat([x, beside], dim=2)
        return self.recurrence.run(x, None, states)

    def _outputs(
        self,
        hidden: Tensor,
        *,
        keys: Tensor | None,
        memory: Tensor,
        lengths: Tensor | None,
    ) -> Tensor:
        if self.attention is not None:
            found = self.attention(hidden, keys, memory, lengths)
            joined = self.dropout(torch.cat([hidden, found], dim=2))
            hidden = torch.tanh(self.joint(joined))
        return self.output(self.dropout(hidden))


class Seq2SeqNetwork(FreezesEncoder):
    """Embedding, encoder and decoder in a row.

    Every step of the decoder is told what is known of a sequence as a whole.

    Parameters
    ----------
    encoder : RecurrentEncoder
        Reads the sequences.
    decoder : Decoder
        Writes others.
    embedding : nn.Module, optional
        What steps are, such as tokens (B, T, 1) -> (B, T, F); None: x holds features
        already.
    """

    def __init__(
        self,
        encoder: RecurrentEncoder,
        decoder: Decoder,
        embedding: nn.Module | None = None,
    ):
        super().__init__()
        self.embedding = nn.Identity() if embedding is None else embedding
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, pair: Pair, lengths: Tensor | None = None) -> Tensor:
        x = steps_of(self.embedding, pair.x, lengths)
        memory, states = self.encoder.run(x, lengths)
        static = static_of(self.embedding, pair.x)
        if static is not None:
            static = static.unsqueeze(1).expand(-1, pair.n_steps, -1)
        return self.decoder(
            states, memory, lengths, pair.n_steps, taught=pair.taught, beside=static
        )
