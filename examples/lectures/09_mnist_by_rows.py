"""
MNIST by rows
=============

A recurrent network has no eye for two dimensions. Shown one row of an image at a time,
it has to keep in its state what it has seen so far, and to answer after the last row.
The lecture does this with MNIST, 28 rows of 28 pixels. Here are its small relatives,
1797 digits of 8 rows of 8 pixels, which come with scikit-learn, so that no network is
needed to run this; the end says what MNIST itself gives.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 12

# %%
import time

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import RNNClassifier, RNNTagger, summary

# %%
# The images
# ----------
#
# `load_digits` brings each image as a line of 64 numbers from 0 to 16. Cut to eight
# pieces of eight, it is a sequence: eight time steps, eight features each.
pixels, digits = load_digits(return_X_y=True)
images = pixels.reshape(-1, 8, 8)
X_train, X_test, y_train, y_test = train_test_split(
    images, digits, test_size=0.3, stratify=digits, random_state=0
)
print(len(X_train), "images to learn from,", len(X_test), "to be told")

# %%
# This is what the network gets to see: at each step one row, and of the rows below
# nothing. After the fourth row a 3 can still become a 2, an 8 or a 9.
shown = X_test[np.flatnonzero(y_test == 3)[2]]
fig, axes = plt.subplots(1, 8, figsize=(9, 1.9), layout="constrained")
fig.suptitle("A digit as a sequence: one row a step")
for step, ax in enumerate(axes):
    seen = np.where(np.arange(8)[:, None] <= step, shown, np.nan)
    ax.imshow(np.zeros((8, 8)), cmap="gray_r", vmin=0, vmax=12)
    ax.imshow(seen, cmap="gray_r", vmin=0, vmax=16)
    ax.add_patch(plt.Rectangle((-0.5, step - 0.5), 8, 1, fill=False, color="C1", lw=2))
    ax.set(title=f"step {step + 1}", xticks=[], yticks=[], xlim=(-0.7, 7.7))

# %%
# A plain baseline
# ----------------
#
# Logistic regression looks at all 64 pixels at once and knows nothing of rows. What it
# reaches is what a network has to beat.
results = {}


def measure(name, model, X_train, X_test):
    """Fit a model and note its accuracy, and the seconds of one core that it took."""
    begin = time.process_time()
    model.fit(X_train, y_train)
    seconds = time.process_time() - begin
    results[name] = {"seconds": seconds, "accuracy": model.score(X_test, y_test)}


baseline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
flat_train, flat_test = (X.reshape(len(X), -1) for X in (X_train, X_test))
measure("logistic regression", baseline, flat_train, flat_test)
pd.DataFrame(results).T.round(3)

# %%
# Three cells
# -----------
#
# The simple cell, the GRU and the LSTM, each in one layer that reads downwards only and
# answers after the last row, ``pooling="last"``, as in the lecture. A GRU has three
# times the weights of the simple cell, an LSTM four times. (The first fit of a session
# loads what all need; it is not counted.)
how = {
    "hidden_size": 64,
    "shrink_to_linear": False,
    "lr": 0.01,
    "max_epochs": EPOCHS,
    "random_state": 0,
}
downwards = {"bidirectional": False, "pooling": "last", "normalize": "feature"}
networks = {
    "simple": RNNClassifier(cell="rnn", **downwards, **how),
    "GRU": RNNClassifier(cell="gru", **downwards, **how),
    "LSTM": RNNClassifier(cell="lstm", **downwards, **how),
    "GRU, both ways": RNNClassifier(cell="gru", **how),
}
RNNClassifier(max_epochs=1).fit(X_train[:32], y_train[:32])
for name, network in networks.items():
    measure(name, network, X_train, X_test)
print(summary(networks["GRU"]))

# %%
# The fourth is a GRU as skseq sets it up by default: it reads upwards, too, and shows
# what it knows at the end, at the beginning and in between to the last layer.
table = pd.DataFrame(results).T.round(3)
table

# %%
# The same as a picture. A bar is one standard error: of 540 test images, each is worth
# .002, and chance alone moves an accuracy by more than cells differ. So the honest
# reading is: rows in order are enough to do what all pixels at once can do, and these
# digits are too few and too easy to tell the cells apart. MNIST itself, below, does.
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
accuracy = table["accuracy"][::-1]
error = np.sqrt(accuracy * (1 - accuracy) / len(X_test))
labels = [f"{name}, {table['seconds'][name]:.1f} s" for name in accuracy.index]
ax.errorbar(accuracy, labels, xerr=error, fmt="o", ms=9, capsize=4)
ax.set(title="Accuracy, and the seconds it takes to fit", xlabel="Test accuracy")
ax.grid(alpha=0.3)

# %%
# After how many rows does it know?
# ---------------------------------
#
# A classifier is asked at the end. `RNNTagger` is the same network asked after every
# step: its labels are the digit, eight times over. So one can watch it make up its
# mind.
tagger = RNNTagger(
    cell="gru", hidden_size=64, lr=0.01, max_epochs=EPOCHS, random_state=0
)
tagger.fit(X_train, np.repeat(y_train[:, None], 8, axis=1))
by_step = tagger.predict_proba(X_test)  # (images, steps, digits)
right = (by_step.argmax(axis=2) == y_test[:, None]).mean(axis=0)
print("share told right after each row:", right.round(2))

# %%
# Three test images, and what the network holds them for after each row. The colour of a
# row of squares is the probability of one digit.
chosen = [np.flatnonzero(y_test == digit)[2] for digit in (3, 4, 5)]
fig, axes = plt.subplots(
    2, 3, figsize=(8.5, 4.8), height_ratios=(2, 3), layout="constrained"
)
fig.suptitle("Making up one's mind: probability of each digit after each row")
for (above, below), i in zip(axes.T, chosen, strict=True):
    above.imshow(X_test[i], cmap="gray_r")
    above.set_axis_off()
    squares = below.imshow(by_step[i].T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    below.set(xticks=range(8), xticklabels=range(1, 9), yticks=range(10))
    below.set_xlabel("rows read")
axes[1, 0].set_ylabel("digit")
fig.colorbar(squares, ax=axes[1, 2], label="probability")

# %%
# Of all test images: one row tells little, as many digits begin with the same stroke.
# Five rows tell most; the last ones decide what is left.
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
bars = ax.bar(range(1, 9), right)
ax.bar_label(bars, fmt="%.2f", padding=-16, color="white")
ax.axhline(
    results["logistic regression"]["accuracy"],
    color="black",
    linestyle="--",
    label="logistic regression of all rows",
)
ax.set(title="Told right, by rows read", xlabel="Rows read", ylim=(0, 1.02))
ax.set(ylabel="Share of test images", xticks=range(1, 9))
fig.legend(loc="outside lower right")

# %%
# Where it errs
# -------------
#
# All test images that the GRU takes for something else. Most would make a person
# hesitate, too.
answers = networks["GRU"].predict(X_test)
wrong = np.flatnonzero(answers != y_test)[:10]
fig, axes = plt.subplots(1, 10, figsize=(9.5, 1.9), layout="constrained")
fig.suptitle("Digits that are, and that the GRU sees")
for ax in axes:
    ax.set_axis_off()
for ax, i in zip(axes, wrong, strict=False):
    ax.imshow(X_test[i], cmap="gray_r", vmin=0, vmax=16)
    ax.set_title(f"{y_test[i]} seen as {answers[i]}", fontsize=8)

# %%
# In the full setting
# -------------------
#
# MNIST itself is a download away, and nothing else changes but the shape::
#
#     from sklearn.datasets import fetch_openml
#
#     pixels, digits = fetch_openml("mnist_784", return_X_y=True, as_frame=False)
#     images = pixels.reshape(-1, 28, 28)
#
# From 10 000 of its images, with 128 units and ``lr=0.005``, the same cells were told
# 2000 others after ten epochs; seconds are of one core of a busy machine. The last row
# is from the benchmarks (``python benchmarks/recurrent.py mnist_rows``), a mean of
# three seeds.
#
# =============================================  ========  =======
# MNIST, 28 rows of 28 pixels                    accuracy  seconds
# =============================================  ========  =======
# logistic regression of all pixels              .912      3
# simple                                         .917      16
# LSTM                                           .974      44
# GRU                                            .981      37
# two layers of 64 units, GRU, both ways         .986
# =============================================  ========  =======
#
# Here the cells part. Over 28 steps the simple cell hardly beats logistic regression;
# the gated ones carry the top of a digit down to its end.
#
# Try it: turn the images, ``images.transpose(0, 2, 1)``, so that they are read from the
# left to the right. Is a digit known sooner?
plt.show()
