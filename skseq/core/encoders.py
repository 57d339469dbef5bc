"""What an encoder has learned: its weights, its form, and its scales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from skseq._showing import shown
from skseq.data.columns import InputColumns
from skseq.data.places import label_of
from skseq.data.scaling import StepScaler
from skseq.training import plain_attributes

__all__ = ["LearnedEncoder", "form_of"]

PARTS = ("encoder", "embedding")  # of a network, what goes from one to another
# Attributes of modules that change no form, or follow from the shapes of weights.
PASSING = {"training", "p", "output_size", "n_backwards", "num_embeddings"}


@dataclass(frozen=True)
class LearnedEncoder:
    """What one estimator learned of sequences, for another one to start from.

    Parameters
    ----------
    weights : dict of str to ndarray
        Those of the encoder, and of what steps are read by, under their names in a
        network; of several networks side by side, one behind the other.
    form : dict of str to str
        What `form_of` says of a network.
    n_networks : int
        How many networks these are.
    n_features : int
        Number of features per time step.
    feature_names : ndarray of str or None
        Their names, if they have any.
    normalize : str or None
        The parameter of this name.
    scaler : StepScaler
        Scales of the features.
    columns : InputColumns or None
        Which features are numbers, which categories, and what stands beside.
    known_tokens : ndarray of bool or None
        Which tokens have been met, if steps hold tokens.
    usual : ndarray or None
        What numbers that may be missing usually are, if they are not standardised.
    loss_curve : tuple of float, default=()
        Loss of each epoch of `pretrain`.
    """

    weights: dict[str, np.ndarray]
    form: dict[str, str]
    n_networks: int
    n_features: int
    feature_names: np.ndarray | None
    normalize: str | None
    scaler: StepScaler
    columns: InputColumns | None
    known_tokens: np.ndarray | None
    usual: np.ndarray | None
    loss_curve: tuple[float, ...] = ()

    @classmethod
    def of(
        cls, reader: Any, module: Any, who: str, loss_curve: tuple[float, ...] = ()
    ) -> LearnedEncoder:
        """Return what a network learned, and the estimator that reads for it.

        Parameters
        ----------
        reader : estimator of sequences
            It has read X and knows its scales.
        module : nn.Module
            The network, or several side by side.
        who : str
            What to call the estimator in errors.
        loss_curve : tuple of float, default=()
            Loss of each epoch.

        Raises
        ------
        ValueError
            If parameters that shape the network were changed since it was trained.
        """
        weights = {
            name: tensor.detach().cpu().numpy().copy()
            for name, tensor in module.state_dict().items()
            if name.partition(".")[0] in PARTS
        }
        body, n_networks = reader._body(), getattr(module, "n_networks", 1)
        sizes = {
            f"{part}.{name}": weight.numel() * (n_networks if weight.ndim else 1)
            for part, made in zip(PARTS, body, strict=True)
            if made is not None
            for name, weight in made.state_dict().items()
        }
        if sizes != {name: weight.size for name, weight in weights.items()}:
            raise ValueError(
                f"Parameters of {who} were changed since it was fitted, so that they "
                "do not describe its network. Set them back, or fit it again."
            )
        return cls(
            weights,
            form_of(*body),
            n_networks,
            reader._n_channels,
            _names_of(reader),
            reader._normalize,
            reader._scaler,
            reader._columns,
            reader._known_tokens,
            reader._usual,
            loss_curve,
        )

    def fits_together(self) -> bool:
        """Return whether the parts, of a file perhaps, are of one kind."""
        n_numbers = self.n_features
        if self.columns is not None:
            n_columns = len(self.columns.numeric) + len(self.columns.categorical)
            if n_columns != self.n_features:
                return False
            n_numbers = max(1, len(self.columns.numeric))
        scaler = self.scaler.scaler
        texts = [*self.weights, *self.form, *self.form.values()]
        return (
            self.n_networks > 0
            and scaler.n_features_in_ == n_numbers
            and scaler.with_mean == (self.normalize in ("feature", "both"))
            and all(isinstance(text, str) for text in texts)
            and all(isinstance(w, np.ndarray) for w in self.weights.values())
        )

    def check_read(self, reader: Any, who: str) -> None:
        """Refuse an estimator that reads other sequences than those it learned from.

        Parameters
        ----------
        reader : estimator of sequences
            It has read X.
        who : str
            What to call this encoder in errors.

        Raises
        ------
        ValueError
            If so.
        """
        if reader.normalize != self.normalize:
            raise ValueError(
                f"normalize={reader.normalize!r}, but {who} has learned with "
                f"normalize={self.normalize!r}, and its scales go along."
            )
        if reader._n_channels != self.n_features:
            raise ValueError(
                f"X has {reader._n_channels} features per time step, but {who} has "
                f"learned from {self.n_features}."
            )
        if (reader._known_tokens is None) != (self.known_tokens is None):
            what = "numbers" if self.known_tokens is None else "tokens"
            raise ValueError(
                f"embedding_dim={reader.embedding_dim!r}, but {who} has learned from "
                f"{what}."
            )
        self._check_columns(reader, who)

    def _check_columns(self, reader: Any, who: str) -> None:
        """Refuse columns of other names, and categories that it has no vectors for."""
        names = _names_of(reader)
        if names is not None and self.feature_names is not None:
            found, expected = names.tolist(), self.feature_names.tolist()
            if found != expected:
                raise ValueError(
                    f"X has the features {shown(found)}, but {who} has learned from "
                    f"{shown(expected)}, in this order."
                )
        own, known = reader._columns, self.columns
        if own is None or known is None:
            return
        for option, here, there in (
            ("missing", own.has_holes, known.has_holes),
            ("time_gaps", own.gap is not None, known.gap is not None),
        ):
            if here != there:
                raise ValueError(
                    f"{option}={getattr(reader, option)!r}, but {who} has learned "
                    f"with{'' if there else 'out'} it."
                )
        if own.categorical.tolist() != known.categorical.tolist():
            raise ValueError(
                f"Columns {own.categorical.tolist()} of X hold categories, but {who} "
                f"has learned of categories in columns {known.categorical.tolist()}."
            )
        tables = [
            *zip(known.categorical, own.categories, known.categories, strict=True),
            *zip(
                known.static_categorical,
                own.static_categories,
                known.static_categories,
                strict=False,  # how many there are is checked with the columns
            ),
        ]
        for i, new, old in tables:
            further = new.difference(old)
            if len(further):
                raise ValueError(
                    f"Column {i} of X may hold the category {label_of(further[0])}, "
                    f"but the table of {who} has vectors of "
                    f"{shown(old.tolist())} only."
                )

    def check_form(self, form: dict[str, str], n_networks: int, who: str) -> None:
        """Refuse another architecture.

        Parameters
        ----------
        form : dict of str to str
            What `form_of` says of a single network that is to take the weights.
        n_networks : int
            How many there are.
        who : str
            What to call this encoder in errors.

        Raises
        ------
        ValueError
            If it is another one.
        """
        for place in {**form, **self.form}:
            there, here = (f.get(place, "nothing") for f in (self.form, form))
            if there != here:
                raise ValueError(
                    f"The architecture is not that of {who}: {place} is {there} there "
                    f"and {here} here."
                )
        if self.n_networks not in (1, n_networks):
            raise ValueError(
                f"n_networks={n_networks}, but {who} has {self.n_networks}; expected "
                "as many, or one there."
            )

    def give_to(self, module: nn.Module, i: int = 0) -> None:
        """Let a network, or several side by side, start with these weights.

        Parameters
        ----------
        module : nn.Module
            Its form has passed `check_form`.
        i : int, default=0
            Which of several networks a single one takes after.
        """
        n_networks = getattr(module, "n_networks", 1)
        state = module.state_dict()
        for name, weight in self.weights.items():
            given = torch.from_numpy(weight)
            shape = state[name].shape
            if given.ndim and n_networks > self.n_networks:
                given = torch.cat([given] * n_networks)
            elif given.ndim and n_networks < self.n_networks:
                given = given.view(-1, *shape)[i % self.n_networks]
            state[name] = given.view(shape)
        module.load_state_dict(state)


def form_of(encoder: nn.Module, embedding: nn.Module | None) -> dict[str, str]:
    """Return what two networks have to share for one to take the other's weights.

    Parameters
    ----------
    encoder, embedding : nn.Module
        As of a `SequenceNetwork`.

    Returns
    -------
    form : dict of str to str
        The class of every part, its settings, and the shapes of its weights.
    """
    return dict(_described("encoder", encoder)) | dict(
        _described("embedding", embedding)
    )


def _described(name: str, part: nn.Module | None) -> Iterator[tuple[str, str]]:
    if part is None:
        return
    yield name, f"a {type(part).__name__}"
    for setting, value in plain_attributes(part).items():
        if setting not in PASSING and not setting.startswith("_"):
            yield f"{setting} of {name}", repr(value)
    own = {**part._parameters, **part._buffers}
    for weight, tensor in own.items():
        if tensor is not None:
            yield f"the shape of {name}.{weight}", repr(tuple(tensor.shape))
    for child, module in part.named_children():
        yield from _described(f"{name}.{child}", module)


def _names_of(reader: Any) -> np.ndarray | None:
    """Return the names of features; those of a table's columns are of steps."""
    if reader._fitted_on_table:
        return None
    return getattr(reader, "feature_names_in_", None)
