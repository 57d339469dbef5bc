"""
A pipeline from start to end
============================

From raw records to a model that one may trust: cut and fill up, split, standardise,
compare by cross-validation, search, and look at the test part once. The sizes are those
of the lecture: about 500 records of 10 steps with 3 features, 6 classes, 128 units and
a dense layer of 64.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 10
FOLDS = 3

# %%
import numpy as np
from matplotlib import pyplot as plt
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import RNNClassifier
from skseq.datasets import load_japanese_vowels
from skseq.preprocessing import SequencePadder, SequenceScaler, SequenceSplitter

# %%
# The records
# -----------
#
# Nine men say two vowels; a record is one of these, 7 to 29 steps of 12 cepstrum
# coefficients. Who is speaking? We keep the six speakers with most records and the
# first three coefficients.
records, speakers = load_japanese_vowels()
names, counts = np.unique(speakers, return_counts=True)
kept = np.isin(speakers, names[np.argsort(counts)[-6:]])
X = [record[:, :3] for record, keep in zip(records, kept, strict=True) if keep]
y = speakers[kept]
print(f"{len(X)} records of", *np.unique(y, return_counts=True))

# %%
# Two of the six speakers, all of their records: the first coefficient over time. The
# shapes differ, and so do the lengths.
lengths = np.array([len(record) for record in X])
fig, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
for ax, name in zip(axes, np.unique(y)[:2], strict=False):
    for record in [record for record, who in zip(X, y, strict=True) if who == name]:
        ax.plot(record[:, 0], color="C0", alpha=0.15)
    ax.set(title=f"Speaker {name}", xlabel="Step", ylim=(-1, 2.2), xlim=(0, 28))
axes[0].set_ylabel("First coefficient")
axes[2].hist(lengths, bins=range(7, 31), color="lightgrey", edgecolor="grey")
axes[2].axvline(10, color="C3")
axes[2].set(title="Lengths of all records", xlabel="Steps", ylabel="Records")

# %%
# Training part and test part
# ---------------------------
#
# First of all a third is put away, with the same share of every speaker. Whatever is
# decided from now on is decided on the other two thirds.
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=1 / 3, stratify=y, random_state=0
)
folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)

# %%
# Padding and truncating
# ----------------------
#
# Many models want a table, 10 steps for every record. ``SequencePadder`` cuts what is
# longer, here at the end, and fills up what is shorter, here with zeros in front.
padder = SequencePadder(length=10, padding="pre", truncating="post")
short, long = X_train[int(np.argmin([len(x) for x in X_train]))], X_train[0]
print(padder.fit_transform([short, long]).shape)
print(padder.transform([short])[0, :, 0].round(2), "from", len(short), "steps")

# %%
# The network does not need that: it takes records as they are, and no answer depends on
# how short ones are filled up. So what does cutting cost? A plain baseline stands
# beside: a logistic regression of each coefficient's mean over the record.
network = RNNClassifier(
    cell="lstm",
    hidden_size=128,
    dense_size=(64,),
    bidirectional=False,
    pooling="last",
    normalize="feature",
    shrink_to_linear=False,
    lr=0.003,
    max_epochs=EPOCHS,
    random_state=0,
)
means = FunctionTransformer(lambda X: np.array([record.mean(axis=0) for record in X]))
models = {
    "logistic regression of means": make_pipeline(
        means, StandardScaler(), LogisticRegression()
    ),
    "LSTM, 10 steps": make_pipeline(padder, SequenceScaler(), network),
    "LSTM, all steps": make_pipeline(SequenceScaler(), network),
}
scores = {
    name: cross_val_score(clone(model), X_train, y_train, cv=folds)
    for name, model in models.items()
}
for name, values in scores.items():
    print(f"{name:30}{values.mean():.3f} ± {values.std():.3f}")

# %%
# Splitting
# ---------
#
# Long sequences can be cut to pieces instead, so that nothing is lost and there are
# more of them to learn from. Each piece has the label of its record, and ``join`` makes
# one answer of the answers to the pieces. Pieces of one record must not be in the
# training part and in the part that judges: so records are split into folds first, and
# then to pieces.
splitter = SequenceSplitter(length=10)
values = []
for learn, judge in folds.split(X_train, y_train):
    pieces, labels, _ = splitter.split([X_train[i] for i in learn], y_train[learn])
    model = make_pipeline(SequenceScaler(), clone(network)).fit(pieces, labels)
    pieces = splitter.split([X_train[i] for i in judge])[0]
    said = splitter.join(model.predict_proba(pieces)).argmax(axis=1)
    values.append(np.mean(model.classes_[said] == y_train[judge]))
scores["LSTM, pieces of 10 steps"] = np.array(values)
print(f"pieces of 10 steps: {np.mean(values):.3f} ± {np.std(values):.3f}")

# %%
# A grid over cells
# -----------------
#
# A grid search compares the cells, everything else being equal, by the same folds.
search = GridSearchCV(
    make_pipeline(SequenceScaler(), network),
    {"rnnclassifier__cell": ["rnn", "gru", "lstm"]},
    cv=folds,
).fit(X_train, y_train)
for i, cell in enumerate(["rnn", "gru", "lstm"]):
    scores[f"{cell}, all steps"] = np.array(
        [search.cv_results_[f"split{k}_test_score"][i] for k in range(FOLDS)]
    )
del scores["lstm, all steps"]  # known from above
fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
for place, values in enumerate(scores.values()):
    ax.plot(values, np.full(FOLDS, -place), "o", color=f"C{place}", alpha=0.6)
    ax.plot(values.mean(), -place, "|", color=f"C{place}", ms=22, mew=2)
ax.set_yticks(-np.arange(len(scores)), scores)
ax.set(title="Folds of the training part, and their mean", xlabel="Accuracy")

# %%
# The test part, once
# -------------------
#
# The best network learns from the whole training part (``GridSearchCV`` has seen to
# that), and now the test part is asked.
print(f"best cell: {search.best_params_['rnnclassifier__cell']}")
baseline = models["logistic regression of means"].fit(X_train, y_train)
print(f"baseline {baseline.score(X_test, y_test):.3f}")
print(f"network  {search.score(X_test, y_test):.3f}")

# %%
# On the left, who is taken for whom. On the right, a ROC curve for each speaker against
# the rest: how many of his records are found, for how many false alarms, if we ask "is
# it him?" with a threshold that goes from one to zero.
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    search, X_test, y_test, cmap="Blues", colorbar=False, ax=left
)
left.set_title("Who is taken for whom")
probability = search.predict_proba(X_test)
for i, name in enumerate(search.classes_):
    RocCurveDisplay.from_predictions(
        y_test == name, probability[:, i], name=f"speaker {name}", ax=right
    )
right.set(title="Each speaker against the rest", xlim=(-0.01, 0.5), ylim=(0.5, 1.01))

# %%
# In the full setting
# -------------------
#
# With all nine speakers, all twelve coefficients and the official test part, the
# accuracies are (``python benchmarks/classification.py`` and ``recurrent.py``, five and
# three seeds; the last one is published, the first is of mean, deviation, extremes,
# slope and last values of each coefficient)::
#
#     logistic regression            0.986
#     two bidirectional GRU layers   0.986
#     CNNClassifier                  0.986
#     CNNLSTMClassifier              0.980
#     FCN                            0.993
#
# Try it: all twelve coefficients instead of three, or other sizes of the dense layer in
# the grid (``rnnclassifier__dense_size``).
plt.show()
