"""The same training by skseq, by hand, by skorch, by Keras and by sktime.

Each function trains a recurrent classifier from the beginning: X is (n, T, F) in
float32, y holds classes 0 and 1. Keras and sktime are optional; `PEERS` names those
that are installed.
"""

from __future__ import annotations

import importlib.util
import os
import warnings

import numpy as np
import skorch
import torch
from torch import nn

from skseq import RNNClassifier

LR = 5e-3
KERNELS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Plain(nn.Module):
    """A layer of torch.nn and a linear one upon its last step."""

    def __init__(self, cell: str, n_features: int, hidden_size: int):
        super().__init__()
        self.layer = KERNELS[cell](n_features, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, 2)

    def forward(self, x):
        """Return logits (B, 2)."""
        return self.output(self.layer(x)[0][:, -1])


def bare(X, y, cell, hidden_size, batch_size, epochs):
    """Train as one would by hand, with the fused optimiser."""
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    module = Plain(cell, X.shape[2], hidden_size)
    optimizer = torch.optim.Adam(module.parameters(), lr=LR, fused=True)
    criterion = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for index in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            criterion(module(X[index]), y[index]).backward()
            optimizer.step()


def skseq(X, y, cell, hidden_size, batch_size, epochs, **options):
    """Train an estimator on as many threads as torch was told to use."""
    estimator = RNNClassifier(
        cell=cell,
        hidden_size=hidden_size,
        batch_size=batch_size,
        max_epochs=epochs,
        lr=LR,
        bidirectional=False,  # from here on: the same work as the others
        pooling="last",
        normalize="feature",
        lr_schedule=None,
        clip_norm=None,
        n_threads=torch.get_num_threads(),
        random_state=0,
    )
    estimator.set_params(**options).fit(X, y)


def skorch_default(X, y, cell, hidden_size, batch_size, epochs):
    """Train skorch's classifier as it is."""
    net = skorch.NeuralNetClassifier(
        Plain(cell, X.shape[2], hidden_size),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=LR,
        max_epochs=epochs,
        batch_size=batch_size,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    net.fit(X, y)


def keras_torch(X, y, cell, hidden_size, batch_size, epochs, recurrent_dropout=0.0):
    """Train a Sequential model of Keras 3 on PyTorch."""
    import keras

    layer = {
        "rnn": keras.layers.SimpleRNN,
        "gru": keras.layers.GRU,
        "lstm": keras.layers.LSTM,
    }[cell]
    model = keras.Sequential(
        [
            keras.Input(X.shape[1:]),
            layer(hidden_size, recurrent_dropout=recurrent_dropout),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(LR),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(X, y, batch_size=batch_size, epochs=epochs, verbose=0)


def sktime_torch(X, y, cell, hidden_size, batch_size, epochs):
    """Train sktime's classifier of that cell; it has none for the LSTM."""
    from sktime.classification.deep_learning import (
        GRUClassifier,
        SimpleRNNClassifierTorch,
    )

    options = {"num_epochs": epochs, "batch_size": batch_size, "lr": LR}
    if cell == "rnn":
        model = SimpleRNNClassifierTorch(
            hidden_dim=hidden_size,
            activation_hidden="Tanh",
            optimizer="Adam",
            **options,
        )
    else:
        # Its default, batch_first=False, would run over the samples.
        options["batch_first"] = True
        model = GRUClassifier(hidden_dim=hidden_size, n_layers=1, **options)
    model.fit(np.ascontiguousarray(X.transpose(0, 2, 1)), y)


PEERS = {"bare": bare, "skseq": skseq, "skorch": skorch_default, "sktime": sktime_torch}
if importlib.util.find_spec("keras"):
    os.environ["KERAS_BACKEND"] = "torch"
    PEERS["Keras"] = keras_torch
warnings.simplefilter("ignore")  # of the peers
