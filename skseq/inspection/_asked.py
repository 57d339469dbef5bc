"""What is asked of a network: one number for each sequence, which has a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from skseq.core.losses import NumberLoss, SquaredError
from skseq.core.tasks import Classification, Regression, Task
from skseq.data.sequences import SequenceArray
from skseq.inspection._targets import class_columns, number_column, step_shares
from skseq.networks import Pair
from skseq.seq2seq._tasks import LabelSequences, NumberSequences, SequenceTask

__all__ = ["Asked", "ask", "location_of", "written_codes"]


@dataclass(frozen=True)
class Asked:
    """Which outputs of a network, those of U steps of an answer, are looked at.

    Parameters
    ----------
    task : Task
        What outputs mean.
    columns : ndarray of int of shape (n_samples, U)
        Which one, at every step.
    shares : ndarray of shape (n_samples, U)
        How much each step counts.
    """

    task: Task
    columns: np.ndarray
    shares: np.ndarray

    def said(
        self, module: nn.Module, x: Tensor, lengths: Tensor | None, index: np.ndarray
    ) -> Tensor:
        """Return the numbers (B,) for sequences (B, T, C), in units of y or log-odds.

        Parameters
        ----------
        module : nn.Module
            The network.
        x, lengths : Tensor
            Sequences, and how many steps are real.
        index : ndarray of int of shape (B,)
            Which of all sequences they are.
        """
        if isinstance(self.task, SequenceTask):
            outputs = module(Pair(x, None, self.shares.shape[1]), lengths)
        else:
            outputs = module(x, lengths)
        if outputs.ndim == 2:
            outputs = outputs.unsqueeze(1)
        columns, weights = (
            torch.as_tensor(part[index, : outputs.shape[1]], device=x.device)
            for part in (self.columns, self.shares * self._units())
        )
        if not isinstance(self.task, Classification | LabelSequences):
            said = _points_of(self._loss(), outputs)
            said = said.gather(2, columns.unsqueeze(2)).squeeze(2)
        else:
            columns = columns.unsqueeze(2)
            others = outputs.scatter(2, columns, -torch.inf).logsumexp(2)
            said = outputs.gather(2, columns).squeeze(2) - others
        return (said * weights.to(said.dtype)).sum(dim=1)

    def _loss(self) -> NumberLoss:
        """Return what numbers were learned by; of indicators, log-odds are such."""
        loss = getattr(self.task, "loss", None)
        return loss if isinstance(loss, NumberLoss) else SquaredError()

    def _units(self) -> Any:
        """Return what the numbers of a network are multiplied with."""
        scaler: Any = getattr(self.task, "scaler", None)
        if isinstance(self.task, NumberSequences):
            scaler = scaler.scaler
        if scaler is None or scaler.scale_ is None:
            return 1.0
        return scaler.scale_[self.columns]


def ask(estimator: Any, sequences: SequenceArray, target: Any, step: Any) -> Asked:
    """Return what is asked of the network of an estimator.

    Parameters
    ----------
    estimator : classifier, regressor, tagger or writer of sequences
        It is fitted.
    sequences : SequenceArray
        What is explained.
    target, step
        As in `saliency`.

    Raises
    ------
    ValueError
        If there is no such target or step.
    """
    task, n = estimator._task, len(sequences)
    lengths = np.ones(n, dtype=int)
    if isinstance(task, LabelSequences):
        columns, lengths = written_codes(estimator, sequences)
        if target is not None:
            columns = class_columns(task.classes, target, columns)
    elif isinstance(task, Classification):
        outputs = estimator._predict_outputs(sequences).argmax(axis=1)
        if task.per_step:
            lengths = sequences.lengths
        predicted = np.zeros((n, lengths.max()), dtype=int)
        predicted[np.arange(predicted.shape[1]) < lengths[:, None]] = outputs
        columns = class_columns(task.classes, target, predicted)
    else:
        if isinstance(task, NumberSequences):
            lengths = np.full(n, estimator._longest)
        is_number = isinstance(task, Regression | NumberSequences)
        n_targets = task.n_targets if is_number else task.n_outputs
        column = number_column(target, n_targets)
        columns = np.full((n, lengths.max()), column)
    is_one = not (task.per_step or isinstance(task, SequenceTask))
    if is_one and step is not None:
        raise ValueError(
            f"step={step} is for estimators that answer step by step, not for "
            f"{type(estimator).__name__}."
        )
    return Asked(task, columns, step_shares(step, lengths))


def written_codes(estimator: Any, X: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes (n_samples, n_steps) that a classifier writes, and how many.

    The end is one of them, if it is written.

    Parameters
    ----------
    estimator : Seq2SeqClassifier
        It is fitted.
    X : array-like, DataFrame, list of arrays or SequenceArray
        What it reads.
    """
    codes, _ = estimator._write(X, None)
    is_end = codes == estimator._task.end
    ends = np.where(is_end.any(axis=1), is_end.argmax(axis=1) + 1, codes.shape[1])
    return codes[:, : ends.max()], ends


def _points_of(loss: NumberLoss, outputs: Tensor) -> Tensor:
    """Return predictions (..., C), standardised, of outputs (..., C * n_outputs)."""
    if loss.is_rate:
        return outputs.exp()
    return location_of(loss, outputs.unflatten(-1, (-1, loss.n_outputs)))


def location_of(loss: NumberLoss, outputs: Tensor) -> Tensor:
    """Return what outputs (..., n_outputs) of one target say it is, (...).

    Parameters
    ----------
    loss : NumberLoss
        What they were trained by.
    outputs : Tensor
        Those of a network.
    """
    locations = outputs[..., : loss.n_locations]
    if loss.n_locations == 1:
        return locations[..., 0]
    return locations.sort(dim=-1).values @ locations.new_tensor(loss.shares)
