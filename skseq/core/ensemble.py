"""Several networks in one estimator, trained as one."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.core.sequence_network import TORCH_DTYPES
from skseq.networks import SequenceNetworks
from skseq.networks.side_by_side import weights_of
from skseq.parameters import POSITIVE_INTEGER, parameter

__all__ = ["BaseSequenceEnsemble"]

DTYPES: dict[torch.dtype, np.dtype] = {t: d for d, t in TORCH_DTYPES.items()}


class BaseSequenceEnsemble(BaseSequenceEstimator, about="head"):
    """Base of estimators that train several networks side by side and average them."""

    n_networks: int = parameter(
        default=1,
        constraint=[POSITIVE_INTEGER],
        text="""Number of networks, which differ in their first weights and in what
        dropout drops. They are trained side by side, on the same batches, and answer
        together: probabilities and numbers are means (Lakshminarayanan et al., 2017,
        "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles").
        `estimators_` has each of them.""",
    )

    @property
    def estimators_(self) -> list[Self]:
        """The networks apart, each as a fitted estimator with ``n_networks=1``.

        The spread of their answers tells what the data at hand leave open.
        """
        check_is_fitted(self, "net_")
        state = self.module_.state_dict()
        if not isinstance(self.module_, SequenceNetworks):
            return [copy.copy(self)]
        return [self._apart(i, state) for i in range(self.module_.n_networks)]

    def _apart(self, i: int, state: dict[str, torch.Tensor]) -> Self:
        one = copy.copy(self)
        one.n_networks = 1
        first = next(self.module_.parameters())
        with torch.device("meta"):
            module = self._draw_network(0, DTYPES[first.dtype])
        weights = weights_of(state, i, module.state_dict())
        module.load_state_dict({n: w.clone() for n, w in weights.items()}, assign=True)
        one.net_ = self.net_.with_module(module.eval())
        return one

    def _draw_networks(self, seed: int, dtype: np.dtype) -> nn.Module:
        if self.n_networks == 1:
            return super()._draw_networks(seed, dtype)
        seeds = np.random.RandomState(seed).randint(2**31 - 1, size=self.n_networks)
        networks: list[Any] = [self._draw_network(s, dtype) for s in seeds.tolist()]
        return SequenceNetworks(networks, self._task.average)
