"""Classifier of steps that are written, by encoder and decoder."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from skseq.core.mixins._labels import declared_classes
from skseq.seq2seq._architecture import BaseSeq2Seq
from skseq.seq2seq._targets import read_label_sequences
from skseq.seq2seq._tasks import LabelSequences

__all__ = ["Seq2SeqClassifier"]


class Seq2SeqClassifier(BaseSeq2Seq):
    """Writer of sequences of labels for sequences of another length.

    Recurrent layers read a sequence; others, which start from what these remember,
    write the labels step by step, each from the one before, until they write the end
    (Sutskever et al., 2014, "Sequence to Sequence Learning with Neural Networks"). The
    cross entropy of labels and end trains both.

    Parameters
    ----------
    cell : {"rnn", "gru", "lstm", "peephole_lstm"} or class, default="lstm"
        Kind of the recurrent layers; a subclass of
        `skseq.networks.RecurrentLayer` brings a kind of your own.
    hidden_size : int or tuple of int, default=64
        Number of units of every recurrent layer, or of each in turn; of the encoder as
        of the decoder.
    num_layers : int, default=1
        Number of recurrent layers of either; implied by a tuple `hidden_size`.
    bidirectional : bool, default=False
        Whether every layer of the encoder also reads backwards; linear maps lead from
        its final states to the decoder.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of ``cell="rnn"``; the other cells ignore it.
    attention : {"dot", "general", "additive"} or None, default=None
        How every step of the decoder chooses among the steps of the encoder what it
        takes from them (Luong et al., 2015; "additive" is the score of Bahdanau et al.,
        2015). None gives it nothing but the encoder's final state. "dot" asks for steps
        of equal size, which a bidirectional encoder has not.
    teacher_forcing : float or tuple of two floats, default=1.0
        How probably, in training, a step of the decoder is told the true previous step
        instead of its own output; two probabilities are those of the first and the last
        epoch, linear in between (Bengio et al., 2015). 1.0 trains fastest, all steps in
        one; less trains what `predict` does, which is told nothing.
    dropout : float, default=0.0
        Probability of dropping a value between layers and before the output.
    recurrent_dropout : float, default=0.0
        Probability of dropping a unit's state on its way into the next step of the
        encoder, with one mask for all steps (Gal and Ghahramani, 2016).
    normalize : {"feature", "sequence", "both"} or None, default="feature"
        Standardise every feature by its mean and standard deviation in the training
        data, or every feature of each sequence by its own, or show the network both
        side by side, so that neither level nor shape is lost.
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
    optimizer : str or callable, default="adam"
        "adadelta", "adagrad", "adam", "adamax", "adamw", "nadam", "radam",
        "rmsprop", "sgd", a class of `torch.optim` or a partial of one.
    lr : float, default=0.005
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
        The trained network: (pair, lengths) -> outputs, of a `skseq.networks.Pair`.
    net_ : SequenceNet
        The skorch net that trained it.
    classes_ : ndarray of shape (n_classes,)
        The sorted labels.
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
    Seq2SeqRegressor : Writes numbers.
    RNNTagger : A label for every step that is read.

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
    >>> from skseq import Seq2SeqClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.integers(5, size=rng.integers(1, 5)) for _ in range(600)]
    >>> y = [np.array(list("abcde"))[x[::-1]] for x in X]  # read backwards
    >>> model = Seq2SeqClassifier(embedding_dim=8, lr=0.01, random_state=0)
    >>> model.fit(X, y).predict([[0, 1, 2], [3, 4]])
    [array(['c', 'b', 'a'], dtype='<U1'), array(['e', 'd'], dtype='<U1')]
    """

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train a network.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read: (n_samples, n_timesteps, n_features), a table
            (n_samples, n_timesteps), a list of (n_timesteps_i, n_features) arrays
            or a DataFrame indexed by (instance, time).
        y : list of array-likes or array of shape (n_samples, n_steps)
            The sequences of labels to write, each of shape (n_steps_i,); a sequence may
            be empty.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None weighs all alike.
        groups : array-like of shape (n_samples,), default=None
            Groups that early stopping holds out as a whole, such as patients; without
            early stopping they are ignored. None holds out the last windows of
            `SlidingWindow` and `make_windows`, all pieces of a sequence that
            `SequenceSplitter` cut, and single samples otherwise.
        X_val, y_val : like X and y, default=None
            What early stopping watches, instead of a part of X and y. Scales are
            learned from X and y alone.
        sample_weight_val : array-like, default=None
            Weights of the samples in X_val.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, or training diverges.
            A fitted estimator then stays as it was.
        """
        return super().fit(X, y, sample_weight, groups, X_val, y_val, sample_weight_val)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Train for one epoch, from where the last fit or partial_fit stopped.

        The scale of the inputs is learned in the first call and kept. Nothing is held
        out, so `early_stopping` does not apply, nor does `lr_schedule`; weights are
        taken as they are, not relative to their mean.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read, as in `fit`.
        y : list of array-likes or array of shape (n_samples, n_steps)
            The sequences of labels to write, as in `fit`; in every call one holds a
            label at least.
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed in the first call unless y holds
            them all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, y holds a label that is
            not among the classes, or `classes` are others than in the first call. A
            fitted estimator then stays as it was.

        Examples
        --------
        >>> from skseq import Seq2SeqClassifier
        >>> model = Seq2SeqClassifier(embedding_dim=4, random_state=0)
        >>> model.partial_fit([[0], [1, 2]], [["a"], ["b", "a"]], classes=list("abc"))
        Seq2SeqClassifier(embedding_dim=4, random_state=0)
        >>> model.partial_fit([[2, 0]], [["c", "a"]]).classes_
        array(['a', 'b', 'c'], dtype='<U1')
        """
        written = None if classes is None else [declared_classes(self, classes)]
        return self._fit(X, y, sample_weight, 1, written, partial=True)

    def _check_y(self, X, y):
        return read_label_sequences(X, y)

    def _make_task(self, y):
        return LabelSequences(np.unique(np.concatenate(y)))

    @property
    def classes_(self) -> np.ndarray:
        """The labels."""
        return self._task.classes

    def predict(self, X: Any, n_steps: Any = None) -> Any:
        """Write the labels that belong to sequences, the most probable ones in turn.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read, as in `fit`, of any length.
        n_steps : int or array-like of int of shape (n_samples,), default=None
            How many labels to write at most, for all or for each; None stands for the
            length of the longest sequence in `fit`.

        Returns
        -------
        y : list of ndarray or Series
            Labels of shape (n_steps_i,). Of a panel, or a SequenceArray that knows its
            instances, a Series of them by instance if `fit` was given such, too.

        Raises
        ------
        ValueError
            If X or n_steps is not as described.
        """
        written, n_steps = self._write(X, n_steps)
        most = np.broadcast_to(
            written.shape[1] if n_steps is None else n_steps, len(written)
        )
        labels = self._task.decode(written)
        rows = [row[:n] for row, n in zip(labels, most, strict=True)]
        return self._answer(rows, X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of sequences that are written without an error.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read.
        y : list of array-likes or array of shape (n_samples, n_steps)
            The labels to write.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences.

        Returns
        -------
        score : float
        """
        targets = read_label_sequences(X, y)
        sample_weight = self._check_scored(X, targets, sample_weight)
        longest = max(map(len, targets))
        written = self.predict(X, n_steps=longest + 1)
        right = [np.array_equal(a, b) for a, b in zip(written, targets, strict=True)]
        return float(np.average(right, weights=sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.two_d_labels = True
        return tags
