"""Regressor of sequences by convolutions and a recurrent network behind them."""

from __future__ import annotations

from skseq.cnn_lstm._architecture import BaseCNNLSTM
from skseq.core.mixins import SequenceRegressorMixin

__all__ = ["CNNLSTMRegressor"]


class CNNLSTMRegressor(SequenceRegressorMixin, BaseCNNLSTM):
    """Regressor of numbers by convolutions and recurrent layers behind them.

    Convolutions extract patterns and shorten the sequence, recurrent layers remember
    what follows what, and dense layers turn that into one or several numbers, which
    the squared error trains.

    Parameters
    ----------
    n_filters : tuple of int, default=(64, 64)
        Number of filters of each convolutional layer, and so the number of layers.
    kernel_size : int or tuple of int, default=40
        Width of the kernels, of every layer or of each in turn.
    n_branches : int, default=3
        Number of convolutions side by side in every layer, each with half the width
        of the one before; 1 is a plain convolution. The filters are shared out among
        them and a maximum of three neighbours (Ismail Fawaz et al., 2020).
    stride : int, default=1
        Steps from one position of a kernel to the next.
    padding : {"same", "valid", "causal"}, default="same"
        Zeros on both sides, none ("valid", with ``n_branches=1``), or on the left only,
        so that no convolution sees a later step. "valid" needs a sequence in `fit` that
        fills the kernels of all layers; shorter ones have zeros behind them.
    pool_size : int, default=2
        Width of the maximum pooling after every layer.
    batch_norm : bool, default=True
        Whether to normalise the output of every convolution over the batch.
    cell : {"rnn", "gru", "lstm", "peephole_lstm"} or class, default="lstm"
        Kind of the recurrent layers; a subclass of
        `skseq.networks.RecurrentLayer` brings a kind of your own.
    hidden_size : int or tuple of int, default=64
        Number of units of every recurrent layer, or of each in turn.
    num_layers : int, default=1
        Number of stacked recurrent layers; implied by a tuple `hidden_size`.
    bidirectional : bool, default=True
        Whether every layer also reads the sequence backwards.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of ``cell="rnn"``; the other cells ignore it.
    skip : bool, default=True
        Whether the head sees what the convolutions found, too, beside what the
        recurrent layers made of it.
    pooling : {"last", "mean", "max", "attention"}, default="mean"
        How the steps of the last layer become one vector: the last step, the mean or
        the maximum over the steps, or a mean with learned weights.
    dense_size : int or tuple of int, default=()
        Number of units of each fully connected ReLU layer before the output.
    dropout : float, default=0.0
        Probability of dropping a value between layers and before the output.
    recurrent_dropout : float, default=0.0
        Probability of dropping a unit's state on its way into the next step, with
        one mask per sequence for all its steps (Gal and Ghahramani, 2016).
    normalize : {"feature", "sequence", "both"} or None, default="both"
        Standardise every feature by its mean and standard deviation in the training
        data, or every feature of each sequence by its own, or show the network both
        side by side, so that neither level nor shape is lost. Whichever it is, the
        targets are standardised by theirs; predictions are in the units of y.
    n_channels : int, default=1
        Number of features per time step in the rows of a table (2-D X), time first:
        ``X.reshape(n_samples, -1, n_channels)``. Other layouts ignore it. With 1, a
        table that holds several features is read as long univariate sequences.
    embedding_dim : int or None, default=None
        X holds tokens, one whole number from 0 per time step, each of which is looked
        up in a table of vectors of this size that training learns. The table ends with
        the largest token of `fit`; later ones beyond it are an error. `normalize`
        leaves tokens alone. `preprocessing.Tokenizer` makes them from text.
    embedding_weights : array-like of shape (n_tokens, embedding_dim), default=None
        Vectors of the tokens to start from; `embedding_dim` may then be left out. None
        draws small ones.
    embedding_trainable : bool, default=True
        Whether training changes the vectors.
    optimizer : str or callable, default="adamw"
        "adadelta", "adagrad", "adam", "adamax", "adamw", "nadam", "radam",
        "rmsprop", "sgd", a class of `torch.optim` or a partial of one.
    lr : float, default=0.003
        Learning rate, the highest one of a schedule.
    lr_schedule : {"plateau", "cosine", "onecycle"} or None, default="onecycle"
        Halve the rate when `patience` // 2 epochs brought no lower loss, let it
        fall to zero along a cosine, or rise and fall once (Smith, 2018). The last two
        are left out of trainings of fewer than ten steps.
    max_epochs : int or "auto", default="auto"
        Number of passes over the data; "auto" takes as many as make 1000 steps of the
        optimiser, but 10 to 400.
    batch_size : int, default=32
        Samples per step of the optimiser.
    l1, l2 : float, default=0.0
        Factors of the sum of absolute and of squared weights (not biases) that are
        added to the loss.
    clip_norm : float or None, default=1.0
        Largest norm of the gradient as a whole.
    clip_value : float or None, default=None
        Largest absolute value of each entry of the gradient.
    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not
        fallen for `patience` epochs, and return to the best weights.
    validation_fraction : float, default=0.1
        Fraction to hold out.
    patience : int, default=10
        Epochs to wait for a lower loss.
    warm_start : bool, default=False
        Whether `fit` continues with the weights of the last fit, on its scale.
    callbacks : list of skorch callbacks or None, default=None
        Called during training as by skorch.
    device : str, default="auto"
        "cpu", "cuda", or "auto": CUDA where there is one; "accelerate" shares batches
        among the processes of ``accelerate launch``.
    mixed_precision : bool, default=False
        Whether training runs the network in bfloat16 where that is safe
        (`torch.autocast`), which GPUs of recent years do faster. Weights, loss and
        predictions stay in float32; small fits in float64 are left alone.
    n_threads : int or None, default=None
        CPU threads of torch; None takes one for small networks, which several make
        slower, and else the present setting, which is restored afterwards.
    random_state : int, RandomState or None, default=None
        Decides initial weights, shuffling, dropout and the held-out part. The
        global generators of NumPy and torch are neither used nor changed.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 a table of the epochs.

    Attributes
    ----------
    module_ : torch.nn.Module
        The trained network: (x, lengths) -> outputs.
    net_ : SequenceNet
        The skorch net that trained it.
    n_features_in_ : int
        Number of features per time step; of columns, if `fit` was given a table.
    feature_names_in_ : ndarray of str
        Names of the columns, if `fit` was given a DataFrame that names them.
    n_iter_ : int
        Number of epochs trained.
    loss_curve_ : list of float
        Training loss of each epoch, penalties included.
    validation_scores_ : list of float or None
        Minus the loss on the held-out part after each epoch, None without one.
    history_ : list of dict
        All that was recorded of each epoch.

    See Also
    --------
    CNNLSTMClassifier : Predicts classes.

    Notes
    -----
    Computations are in float32, but in float64 where X is float64 and small, that is,
    has at most 10 000 time steps and, in `fit`, fits into one batch. Then equal samples
    are merged, too, so that a weight of 2 and a repeated sample are exactly the same.

    A pickle holds weights and history but not the state of the optimiser, with
    which `partial_fit` starts afresh after loading.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import CNNLSTMRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 30)).cumsum(axis=1)
    >>> y = X[:, 20] - X[:, 10]
    >>> model = CNNLSTMRegressor(max_epochs=40, random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.7
    True
    """
