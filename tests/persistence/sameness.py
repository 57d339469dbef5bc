"""Whether two objects hold the same, down to the last bit."""

import re

import numpy as np
import pandas as pd
from torch import nn

from skseq import SequenceArray
from skseq.training import SequenceNet


def assert_same(one, other, place="estimator"):
    assert type(one) is type(other), place
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, place
        if one.dtype == object:
            assert_same(one.tolist(), other.tolist(), place)
        else:
            np.testing.assert_array_equal(one, other, err_msg=place)
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), place
        for i, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{place}[{i}]")
    elif isinstance(one, dict):
        assert list(one) == list(other), place
        for key in one:
            assert_same(one[key], other[key], f"{place}[{key!r}]")
    elif isinstance(one, np.random.RandomState):
        assert_same(one.get_state(), other.get_state(), place)
    elif isinstance(one, pd.Index):
        assert one.identical(other), place
    elif isinstance(one, SequenceArray):
        assert_same(vars(one), vars(other), place)
    elif isinstance(one, SequenceNet):
        assert list(one.history) == list(other.history)
        assert str(one.criterion) == str(other.criterion)
        assert_same(one.module_, other.module_, f"{place}.module_")
    elif isinstance(one, nn.Module):
        # How often a decoder was told last is of no concern: a training begins anew.
        reprs = [re.sub(r"\bp=[\d.]+", "", repr(part)) for part in (one, other)]
        assert reprs[0] == reprs[1], place
        tensors = [
            {**dict(part.named_parameters()), **dict(part.named_buffers())}
            for part in (one, other)
        ]
        assert tensors[0].keys() == tensors[1].keys()
        for name, tensor in tensors[0].items():
            assert tensor.requires_grad == tensors[1][name].requires_grad, name
            assert_same(
                *(part[name].detach().numpy() for part in tensors), f"{place}.{name}"
            )
    elif hasattr(one, "__dict__") and type(one).__module__.startswith(
        ("skseq", "sklearn")
    ):
        # Attributes that follow from others are of no concern, but all must be there.
        assert vars(one).keys() == vars(other).keys(), place
        for name, value in vars(one).items():
            assert_same(value, vars(other)[name], f"{place}.{name}")
    elif isinstance(one, float) and np.isnan(one):
        assert np.isnan(other), place
    else:
        assert one == other, place
