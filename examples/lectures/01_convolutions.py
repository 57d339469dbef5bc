"""
One-dimensional convolutions
============================

A convolution slides a short pattern, the kernel, along a series and says at every place
how well it fits. We compute one by hand, look at kernels that a network learned, and
then judge a classifier the way one should where one class is rare.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 30
FOLDS = 3

# %%
import numpy as np
import torch
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import CNNClassifier
from skseq.datasets import load_italy_power_demand

# %%
# By hand
# -------
#
# The series of the lecture has twelve values, the kernel three: 1, -1, 1. Its *width*
# is three. At each place we multiply the three values below it and add up: the first
# answer is 1·1 - 1·0 + 1·3 = 4.
series = np.array([1, 0, 3, 1, 0, 2, 2, 1, 0, 5, 4, 1])
kernel = np.array([1, -1, 1])
answers = np.array([kernel @ series[i : i + 3] for i in range(10)])
print(answers)

# %%
# The answer is large where the series looks like the kernel, high, low, high: most of
# all at 1, 0, 5. (What every deep learning library calls a convolution is a correlation
# for others; they turn the kernel round first.)
fig, axes = plt.subplots(2, 1, figsize=(8, 4.2), sharex=True, layout="constrained")
axes[0].bar(range(12), series, color="lightgrey")
best = int(answers.argmax())
axes[0].bar(range(best, best + 3), series[best : best + 3], color="C1")
axes[0].plot(range(best, best + 3), kernel * 2.5 + 2.5, "ko--", label="kernel, scaled")
axes[0].set(title="Where the kernel fits best", ylabel="Series")
axes[0].legend(loc="upper left")
axes[1].bar(
    range(1, 11), answers, color=["C1" if i == best else "C0" for i in range(10)]
)
axes[1].axhline(0, color="black", lw=0.8)
axes[1].set(xlabel="Step (of an answer: the middle one)", ylabel="Answer")
axes[1].set(xticks=range(12))

# %%
# Stride and padding
# ------------------
#
# Twelve values and a kernel of width three leave ten places (``padding="valid"``). With
# a *stride* of two we take every other one. *Padding* adds zeros: on both sides, so
# that there is an answer for every step ("same"), or on the left only, so that no
# answer sees a later value ("causal"), as a forecast must not.


def convolve(left=0, right=0, stride=1):
    """Slide the kernel along the series with zeros around it."""
    padded = np.pad(series, (left, right))
    places = range(0, len(padded) - len(kernel) + 1, stride)
    return np.array([kernel @ padded[i : i + 3] for i in places])


for name, how in {
    "valid": {},
    "valid, stride 2": {"stride": 2},
    "same": {"left": 1, "right": 1},
    "causal": {"left": 2},
}.items():
    print(f"{name:16}{len(convolve(**how)):3} answers: {convolve(**how)}")

# %%
# torch says the same.
layer = torch.nn.Conv1d(1, 1, kernel_size=3, stride=2, bias=False)
layer.weight.data[:] = torch.tensor(kernel)
print(layer(torch.tensor(series[None, None]).float()).detach().numpy().ravel())

# %%
# Learned kernels
# ---------------
#
# In a network nobody writes kernels down; they are learned. The data are days of power
# demand in Italy, 24 hourly values each, of the cold half of the year ("1") and the
# warm one ("2"). One layer of four kernels, nine hours wide, has to tell them apart,
# and all that is used of each is its largest answer over the day (``pooling="max"``). A
# plain baseline, a logistic regression of the 24 values, stands beside.
X, y = load_italy_power_demand(split="train")
X_test, y_test = load_italy_power_demand(split="test")
small = CNNClassifier(
    n_filters=(4,),
    kernel_size=9,
    n_branches=1,
    padding="valid",
    pooling="max",
    normalize="feature",
    batch_norm=False,
    lr=0.02,
    max_epochs=2 * EPOCHS,
    random_state=1,
).fit(X, y)
flatten = FunctionTransformer(lambda X: X[..., 0])
baseline = make_pipeline(flatten, StandardScaler(), LogisticRegression()).fit(X, y)
print(f"four kernels        {small.score(X_test, y_test):.3f}")
print(f"logistic regression {baseline.score(X_test, y_test):.3f}")

# %%
# Above, the kernels; below, what each answers along the mean day of both classes. Only
# the highest point of a line counts, so a kernel that tells the classes apart has one
# line that rises well above the other.
days = {
    name: (X_test[y_test == label].mean(axis=0) - X.mean()) / X.std()
    for name, label in {"cold half-year": "1", "warm half-year": "2"}.items()
}
convolution = small.module_.encoder.layers[0].convolutions[0]
kernels = convolution.weight.detach().numpy()[:, 0]
fig, axes = plt.subplots(2, 4, figsize=(10, 4.4), sharey="row", layout="constrained")
for i, (top, bottom) in enumerate(axes.T):
    top.bar(range(9), kernels[i], color="lightgrey", edgecolor="grey")
    top.axhline(0, color="black", lw=0.8)
    top.set(title=f"Kernel {i + 1}", xticks=range(0, 9, 4))
    for name, day in days.items():
        x = torch.tensor(day.T[None], dtype=torch.float32)
        answer = convolution(x).detach().numpy()[0, i]
        (line,) = bottom.plot(range(4, 20), answer, label=name)
        bottom.plot(4 + answer.argmax(), answer.max(), "o", color=line.get_color())
    bottom.set(xlabel="Hour", xticks=range(0, 24, 6))
axes[0, 0].set_ylabel("Weight")
axes[1, 0].set_ylabel("Answer")
fig.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=2)

# %%
# A whole network
# ---------------
#
# The default network stacks four layers with three kernel widths side by side; here two
# layers do. A confusion matrix says which class is taken for which, a ROC curve what is
# found for how many false alarms, whatever the threshold.
network = CNNClassifier(n_filters=(16, 16), max_epochs=EPOCHS, random_state=0).fit(X, y)
print(f"two layers          {network.score(X_test, y_test):.3f}")

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    network,
    X_test,
    y_test,
    display_labels=["cold", "warm"],
    cmap="Blues",
    colorbar=False,
    ax=left,
)
left.set_title("Two layers: 1029 test days")
for name, model in [("two layers", network), ("logistic regression", baseline)]:
    RocCurveDisplay.from_estimator(model, X_test, y_test, name=name, ax=right)
right.set(title="ROC curves, upper left corner", xlim=(-0.01, 0.3), ylim=(0.7, 1.01))

# %%
# When one class is rare
# ----------------------
#
# Now keep one cold day of nine only. Who always says "warm" is right nine times out of
# ten, so accuracy says little. Say that a cold day which nobody saw coming costs ten
# times what a false alarm costs. Then one half is not the threshold to choose; the one
# that costs least is found by cross-validation on the training part.
X_all, y_all = load_italy_power_demand()
is_cold = y_all == "1"
kept = ~is_cold | (np.cumsum(is_cold) % 9 == 0)
X, X_test, y, y_test = train_test_split(
    X_all[kept], is_cold[kept], test_size=0.5, stratify=is_cold[kept], random_state=0
)
print(f"{len(X)} days to learn from, {y.sum()} of them cold\n")


def cost(y, said):
    """Charge ten for every cold day that is missed, one for every false alarm."""
    return 10 * np.sum(y & ~said) + np.sum(said & ~y)


MODELS = {
    "network": CNNClassifier(
        n_filters=(16, 16),
        kernel_size=9,
        n_branches=1,
        lr=0.01,
        max_epochs=EPOCHS,
        random_state=0,
    ),
    "logistic regression": baseline,
}
tuned, probabilities = {}, {}
print(f"always warm: cost {cost(y_test, np.zeros(len(y_test), bool))}")
for name, model in MODELS.items():
    search = TunedThresholdClassifierCV(
        model, scoring=make_scorer(cost, greater_is_better=False), cv=FOLDS
    ).fit(X, y)
    tuned[name] = search.best_threshold_
    probabilities[name] = search.estimator_.predict_proba(X_test)[:, 1]
    for threshold in (0.5, tuned[name]):
        said = probabilities[name] >= threshold
        print(
            f"{name}, {threshold:.2f}: cost {cost(y_test, said)}, "
            f"{said[y_test].sum()} of {y_test.sum()} cold days found, "
            f"{said[~y_test].sum()} false alarms"
        )

# %%
# On the left, what the network finds and how often it is wrong, by threshold; on the
# right, what both models cost, with the thresholds that training chose as dots. The
# threshold is not the network's business but that of the one who pays.
thresholds = np.linspace(0.01, 0.99, 99)
said = probabilities["network"] >= thresholds[:, None]
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
left.plot(thresholds, said[:, y_test].mean(axis=1), label="cold days found")
left.plot(thresholds, said[:, ~y_test].mean(axis=1), label="false alarms")
left.set(title="What the network says", ylabel="Share of cold, of warm days")
for name, probability in probabilities.items():
    costs = [cost(y_test, probability >= threshold) for threshold in thresholds]
    (line,) = right.plot(thresholds, costs, label=name)
    chosen = cost(y_test, probability >= tuned[name])
    right.plot(tuned[name], chosen, "o", color=line.get_color())
right.set(title="What it costs", ylabel="Cost of all test days", ylim=(0, None))
for ax in (left, right):
    ax.axvline(0.5, color="grey", lw=0.8, zorder=0)
    ax.set_xlabel("Threshold")
    ax.legend()

# %%
# Try it: what if a missed day costs a hundred false alarms? And which width of the
# kernels is best, by cross-validation?
#
# In the full setting
# -------------------
#
# Three layers of 64 filters and 1000 steps of the optimiser, all classes as frequent as
# they are: test accuracies, means of five seeds (``python
# benchmarks/classification.py``). The last two are published; the first is the
# regression from above::
#
#     logistic regression  0.963
#     CNNClassifier        0.967
#     CNNLSTMClassifier    0.963
#     InceptionTime        0.965
#     FCN                  0.963
plt.show()
