"""
Events in a long stream, labelled step by step
==============================================

Who is speaking, at every moment of a conversation? Many to many: a label for every
step. A network that answers at once knows the past only; one that may wait knows what
came after, too. Here is what waiting is worth, and what peepholes are.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 15
ROUNDS = 6

# %%
import time

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import RNNTagger
from skseq.datasets import load_japanese_vowels
from skseq.preprocessing import SequenceSplitter

# %%
# A conversation
# --------------
#
# Nine men said two vowels, again and again: 640 recordings of 7 to 29 steps, with
# twelve coefficients of the sound's spectrum a step (JapaneseVowels, which comes with
# sktime). We join recordings in random order to a stream in which nothing says where
# one ends. The training part is joined six times, in other orders; the stream to be
# labelled is of recordings that are not in it.


def converse(split, n_rounds, seed):
    """Return a stream of all recordings of a part, and who speaks at each step."""
    recordings, speakers = load_japanese_vowels(split=split)
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(len(speakers)) for _ in range(n_rounds)])
    lengths = [len(recordings[i]) for i in order]
    return np.concatenate([recordings[i] for i in order]), np.repeat(
        speakers[order], lengths
    )


stream, speakers = converse("train", ROUNDS, seed=0)
new_stream, new_speakers = converse("test", 1, seed=1)
changes = np.flatnonzero(new_speakers[1:] != new_speakers[:-1]) + 1
print(len(stream), "steps to learn from,", len(new_stream), "to label,")
print("in which the speaker changes", len(changes), "times")

# %%
# Long streams are cut to pieces to learn from: 100 steps, each beginning 50 after the
# one before.
pieces, labels, _ = SequenceSplitter(length=100, stride=50).split([stream], [speakers])
print(len(pieces), "pieces")

# %%
# Baselines
# ---------
#
# Logistic regression sees one step. A second one sees that step and the four before it
# side by side, which is a window without a network.
answers, seconds = {}, {}


def last_steps(stream, n_steps=5):
    """Return each step together with those before it; the first one is repeated."""
    padded = np.concatenate([np.repeat(stream[:1], n_steps - 1, axis=0), stream])
    return np.hstack([padded[i : i + len(stream)] for i in range(n_steps)])


for name, view in {"one step": np.asarray, "five steps": last_steps}.items():
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    begin = time.process_time()
    model.fit(view(stream), speakers)
    seconds[f"logistic, {name}"] = time.process_time() - begin
    answers[f"logistic, {name}"] = model.predict(view(new_stream))

# %%
# Causal, and both ways
# ---------------------
#
# An LSTM that reads forwards is causal: its answer hangs on what has been. With
# peepholes (Gers, Schraudolph and Schmidhuber, 2002) its gates see the cell's content,
# and not only what of it was let out. With ``bidirectional=True`` a second layer reads
# from the end, so that every step knows what comes. That takes a recording that has
# ended.
taggers = {
    "LSTM": RNNTagger(cell="lstm", max_epochs=EPOCHS, random_state=0),
    "with peepholes": RNNTagger(
        cell="peephole_lstm", max_epochs=EPOCHS, random_state=0
    ),
    "both ways": RNNTagger(
        cell="lstm", bidirectional=True, max_epochs=EPOCHS, random_state=0
    ),
}
for name, tagger in taggers.items():
    begin = time.process_time()
    tagger.fit(pieces, labels)
    seconds[name] = time.process_time() - begin
    (answers[name],) = tagger.predict([new_stream])
pd.DataFrame(
    {
        "steps right": {k: np.mean(v == new_speakers) for k, v in answers.items()},
        "changes said": {k: np.sum(v[1:] != v[:-1]) for k, v in answers.items()},
        "seconds to fit": seconds,
    }
).round({"steps right": 3, "seconds to fit": 1})

# %%
# "Changes said" counts how often an answer differs from the one before; so often does
# the logistic regression change its mind. As a picture: 240 steps, a colour for each
# man. The causal network hesitates where the speaker changes, and then holds on; the
# one that reads both ways hardly ever hesitates.
shown = ["logistic, one step", "LSTM", "both ways"]
begin, end = 1000, 1240
strips = [answers[name][begin:end].astype(int) for name in shown]
strips.append(new_speakers[begin:end].astype(int))
fig, axes = plt.subplots(4, 1, figsize=(9.5, 2.9), sharex=True, layout="constrained")
fig.suptitle("Who is speaking?")
for ax, strip, name in zip(axes, strips, [*shown, "truth"], strict=True):
    image = ax.imshow(
        strip[None],
        cmap="tab10",
        vmin=0.5,
        vmax=10.5,
        aspect="auto",
        interpolation="none",
    )
    ax.set_yticks([])
    ax.set_ylabel(name, rotation=0, ha="right", va="center")
axes[-1].set_xlabel("Step")

# %%
# What a change costs
# -------------------
#
# Where do they err? Count the steps since the speaker changed last. At the first step
# of a new voice the causal network is right in seven of ten cases, less often than
# logistic regression, which knows no past: it expects the same man to go on. Five steps
# later it is ahead. Who reads both ways has already heard the rest.
steps = np.arange(len(new_stream))
starts = np.concatenate([[0], changes])
since = steps - starts[np.searchsorted(changes, steps, side="right")]
fig, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
styles = {"logistic, one step": "k:", "logistic, five steps": "k--"}
for name, said in answers.items():
    right = pd.Series(said == new_speakers).groupby(since).mean()[:16]
    ax.plot(right.index, right, styles.get(name, "o-"), ms=4, label=name)
ax.set(
    title="Right, by steps since the speaker changed", xlabel="Steps since the change"
)
ax.set(ylabel="Share right", ylim=(0.5, 1.02))
ax.grid(alpha=0.3)
fig.legend(loc="outside right center")

# %%
# Waiting a little
# ----------------
#
# Between at once and at the end lies a short delay. The causal network gets a few steps
# side by side and is asked for the first of them; what was before is in its state. It
# runs as the stream comes in, and answers so many steps late. Ten steps, and hardly
# anything is left of what reading both ways was worth.
DELAYS = [0, 2, 5, 10]
by_delay = [np.mean(answers["LSTM"] == new_speakers)]
for delay in DELAYS[1:]:
    seen = last_steps(stream, delay + 1)[delay:]
    learned = SequenceSplitter(100, 50).split([seen], [speakers[:-delay]])[:2]
    tagger = RNNTagger(cell="lstm", max_epochs=EPOCHS, random_state=0).fit(*learned)
    (said,) = tagger.predict([last_steps(new_stream, delay + 1)[delay:]])
    by_delay.append(np.mean(said == new_speakers[:-delay]))

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.plot(DELAYS, by_delay, "o-", label="causal LSTM that waits")
ax.axhline(
    np.mean(answers["both ways"] == new_speakers),
    color="C1",
    linestyle="--",
    label="both ways, at the end",
)
ax.set(title="What waiting is worth", xlabel="Steps of delay", xticks=DELAYS)
ax.set(ylabel="Steps right")
ax.grid(alpha=0.3)
ax.legend(loc="lower right")

# %%
# As it comes in
# --------------
#
# In use, steps come one by one or in small packets. `stateful` carries the state from
# packet to packet; the answers are those to the whole stream.
tagger = taggers["LSTM"].stateful()
packets = [tagger.predict([packet])[0] for packet in np.array_split(new_stream, 300)]
print("the same answers:", np.mean(np.concatenate(packets) == answers["LSTM"]))

# %%
# What peepholes see
# ------------------
#
# Above, peepholes made no difference worth the name. They were invented for timing: to
# do something every so many steps, a network has to count, the count is in the cell,
# and the gates should see it. So here is a lamp: once a button was pressed it goes on
# and off every 20 steps, and nothing else is ever said.
PERIOD = 20


def press(n_lamps, seed):
    """Return buttons, pressed at some step, and lamps that are on or off since then."""
    buttons = np.zeros((n_lamps, 160, 1))
    start = np.random.default_rng(seed).integers(20, size=n_lamps)
    buttons[np.arange(n_lamps), start] = 1
    since = np.arange(160) - start[:, None]
    return buttons, (since >= 0) & (since // PERIOD % 2 == 0)


buttons, lamps = press(200, seed=0)
new_buttons, new_lamps = press(100, seed=1)
clocks = {}
print(f"{'always off':15} {np.mean(~new_lamps):.3f} of the steps right")
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for cell, name in [("lstm", "LSTM"), ("peephole_lstm", "with peepholes")]:
    clocks[cell] = RNNTagger(
        cell=cell, hidden_size=8, lr=0.02, max_epochs=4 * EPOCHS, random_state=0
    ).fit(buttons, lamps)
    print(
        f"{name:15} {clocks[cell].score(new_buttons, new_lamps):.3f} of the steps right"
    )
    ax.semilogy(clocks[cell].loss_curve_, label=name)
ax.set(title="Learning to count to twenty", xlabel="Epoch", ylabel="Loss")
ax.grid(alpha=0.3)
ax.legend()

# %%
# Both learn it, and neither needs the peepholes: a unit of the hidden state may as well
# let the count out. So we try them where timing matters, and do not count on them.
#
# How does it count? Read step by step, `stateful` shows what the cells hold, here each
# as a share of the most it ever holds. Some swing with the lamp, some count on and on.
clock = clocks["peephole_lstm"].stateful()
cells = []
for step in range(160):
    clock.predict(new_buttons[:1, step : step + 1])
    (hidden, content), *_ = clock.state_
    cells.append(content[0])
cells = np.array(cells) / np.abs(cells).max(axis=0)

fig, axes = plt.subplots(
    2, 1, figsize=(9, 3.8), sharex=True, height_ratios=(1, 4), layout="constrained"
)
fig.suptitle("A clock made of eight cells")
axes[0].fill_between(range(160), new_lamps[0], step="post", color="C1", alpha=0.5)
axes[0].set(yticks=[0, 1], yticklabels=["off", "on"], ylabel="Lamp")
image = axes[1].imshow(cells.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
axes[1].set(yticks=range(8), yticklabels=range(1, 9), ylabel="Cell")
axes[1].set(xlabel="Step (the button is pressed at the dotted line)")
for ax in axes:
    ax.axvline(np.argmax(new_buttons[0, :, 0]), color="black", linestyle=":")
fig.colorbar(image, ax=axes, label="Content")

# %%
# In the full setting
# -------------------
#
# From the benchmarks, ``python benchmarks/tagging.py occupancy punctuation``, on data
# that do not come with a package:
#
# ================================================  ========  ======
# question, score                                   logistic  tagger
# ================================================  ========  ======
# is a room occupied? minutes of datatest2, AUC     .755      .959
# which mark follows a word? accuracy, causal GRU   .855      .789
# the same, GRU both ways                           .855      .860
# ================================================  ========  ======
#
# "Logistic" is the regression of a minute, and of two words on each side. The mark
# behind a word hangs on the word that follows. A causal network does not see it, and no
# number of units helps.
plt.show()
