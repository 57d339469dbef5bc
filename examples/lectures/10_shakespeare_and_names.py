"""
Shakespeare by GRU, and names by place
======================================

A network that reads a text character by character, and guesses each before it sees it,
can write. How surprised it is measures what it has learned; a temperature decides
between the boring and the mad. Then the same network invents towns for a continent, and
turned around, it says where a town is.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 8

# %%
import re
from collections import Counter, defaultdict
from pydoc_data import topics
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from skseq import SequenceGenerator
from skseq.datasets import fetch_tiny_shakespeare

# %%
# The text
# --------
#
# Plays of Shakespeare, a megabyte, of which we take an eighth. Without a connection to
# the web, the manual of the Python language stands in, which every Python brings along:
# less beautiful, and a text all the same. The last tenth is not read in training.
N_CHARACTERS = 140_000
try:
    text, beginning = fetch_tiny_shakespeare(n_retries=0), "First Citizen:\n"
except OSError:
    text, beginning = "\n\n".join(topics.topics.values()), "The "
text = text[:N_CHARACTERS]
learned, kept = text[: int(0.9 * len(text))], text[int(0.9 * len(text)) :]
print(len(learned), "characters,", len(set(learned)), "different ones")
print(learned[3000:3400])

# %%
# A plain baseline
# ----------------
#
# What follows "th"? Count it. Such a table of the last three characters, which trusts
# the last two, one or none where it has not counted much (Witten and Bell, 1991), has
# been the standard for decades. Its score is in bits a character: the questions to be
# answered by yes or no that are left, in the mean, before the next character is known.


def count(learned, longest=3):
    """Return how often each character follows the last ones, none to three of them."""
    counts = defaultdict(Counter)
    for i, character in enumerate(learned):
        for start in range(max(i - longest, 0), i + 1):
            counts[learned[start:i]][character] += 1
    return counts


def bits_by_counts(counts, kept, longest=3):
    """Return the mean surprise of a text."""
    n_kinds, bits = len(counts[""]) + 1, []
    for i in range(longest, len(kept)):
        probability = 1 / n_kinds
        for start in range(i, i - longest - 1, -1):  # none, one, two, three before
            after = counts.get(kept[start:i], Counter())
            kinds = len(after)
            if kinds:
                count = after[kept[i]] + kinds * probability
                probability = count / (after.total() + kinds)
        bits.append(-np.log2(probability))
    return np.mean(bits)


scores = {"all alike": np.log2(len(set(learned)))}
scores["counts of four"] = bits_by_counts(count(learned), kept)

# %%
# A GRU
# -----
#
# Its state goes on from window to window of 64 characters, so that it could know what
# was said long ago; gradients go back 64 steps.
model = SequenceGenerator(
    cell="gru",
    hidden_size=128,
    batch_size=16,
    lr=0.01,
    max_epochs=EPOCHS,
    random_state=0,
).fit(learned)
scores["GRU"] = -model.score(kept)
pd.Series(scores).round(2).to_frame("bits a character")

# %%
# Where is it surprised? A passage that it had not read, each character coloured by the
# bits it cost. Dark are first letters of words, and words that could have been others;
# the rest of a word and what must follow cost next to nothing.
COLUMNS, ROWS = 56, 7
passage = kept[2000 : 2000 + COLUMNS * ROWS]
before = [kept[2000 + i - 64 : 2000 + i] for i in range(len(passage))]
proba = model.predict_proba(before)
symbols = {symbol: i for i, symbol in enumerate(model.classes_)}
surprise = -np.log2(
    [row[symbols.get(s, 0)] for row, s in zip(proba, passage, strict=True)]
)

fig, ax = plt.subplots(figsize=(9.5, 2.9), layout="constrained")
image = ax.imshow(
    surprise.reshape(ROWS, COLUMNS), cmap="OrRd", vmin=0, vmax=8, aspect="auto"
)
for i, character in enumerate(passage):
    ax.text(
        i % COLUMNS,
        i // COLUMNS,
        "¶" if character == "\n" else character.replace("$", r"\$"),
        family="monospace",
        ha="center",
        va="center",
        color="white" if surprise[i] > 5 else "black",
    )
ax.set_axis_off()
ax.set_title("What each character cost")
fig.colorbar(image, label="Bits")

# %%
# Temperature
# -----------
#
# The network says how probable each next character is; to write, one is drawn. Before
# that, probabilities may be raised to the power 1/T and made to add up to one again. At
# low temperatures T the likely becomes certain, at high ones everything equally likely.
for temperature in (0.3, 0.7, 1.3):
    (written,) = model.generate(
        prefix=beginning, temperature=temperature, max_length=240, random_state=0
    )
    print(f"--- temperature {temperature} ---\n{written}\n")

# %%
# Entropy is how many bits are in such a draw: 0 where there is no choice. Readable is
# what consists of words (of three letters or more) that occur in the text learned; but
# who says the same words again and again is readable, too. So we also count how many of
# the words are different ones.


def words_of(text):
    """Return the words of three letters or more."""
    return re.findall(r"[a-z]{3,}", text.lower())


def share_known(words):
    """Return the share of words that occur in the text learned."""
    return sum(word in words_learned for word in words) / max(len(words), 1)


words_learned = set(words_of(learned))
found = []
for temperature in (0.1, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0):
    sharpened = proba.astype(float) ** (1 / temperature)
    sharpened /= sharpened.sum(axis=1, keepdims=True)
    entropy = -(sharpened * np.log2(sharpened + 1e-12)).sum(axis=1).mean()
    texts = model.generate(
        8, prefix=beginning, temperature=temperature, max_length=200, random_state=0
    )
    words = words_of(" ".join(texts))
    found.append(
        {
            "temperature": temperature,
            "entropy": entropy,
            "words that exist": share_known(words),
            "words that differ": len(set(words)) / max(len(words), 1),
        }
    )
found = pd.DataFrame(found).set_index("temperature")
found.round(2)

# %%
# Readability against entropy, with the temperature at each point. On the left it
# stutters, on the right it babbles. Between .5 and 1 it says something new in words
# that exist. The cross is the text itself: what was kept, by the bits that it costs the
# network.
known = share_known(words_of(kept))
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
ax.plot(found["entropy"], found["words that exist"], "o-", label="words that exist")
ax.plot(found["entropy"], found["words that differ"], "s--", label="words that differ")
ax.plot(scores["GRU"], known, "kX", ms=10, label="the text kept, words that exist")
for temperature, row in found.iterrows():
    ax.annotate(
        f"{temperature:g}",
        (row["entropy"], row["words that exist"]),
        (0, 8),
        textcoords="offset points",
        ha="center",
        color="C0",
    )
ax.set(
    title="Temperature: from stuttering to babbling", xlabel="Entropy of a draw, bits"
)
ax.set(ylabel="Share of words", ylim=(0, 1.1))
ax.grid(alpha=0.3)
fig.legend(loc="outside lower center", ncols=3)

# %%
# Names by place
# --------------
#
# Time zones are named after towns: Europe/Berlin, Africa/Dakar. Read as they stand,
# each is one short text whose beginning says where it lies. A generator of such texts
# invents towns of a continent if told how to begin. A quarter of the names is kept.
AREAS = ["Africa", "America", "Asia", "Europe", "Pacific"]
zones = sorted({(z.split("/")[0], z.split("/")[-1]) for z in available_timezones()})
names = [f"{area}/{town.replace('_', ' ')}" for area, town in zones if area in AREAS]
areas = [name.split("/")[0] for name in names]
names_learned, names_kept = train_test_split(
    names, test_size=0.25, stratify=areas, random_state=0
)
towns = SequenceGenerator(
    cell="gru",
    hidden_size=64,
    window_length=16,
    batch_size=8,
    dropout=0.3,
    lr=0.01,
    max_epochs=2 * EPOCHS,
    random_state=0,
).fit(names_learned)
print("bits a character of names not read")
learned_lines, kept_lines = ("\n".join(part) for part in (names_learned, names_kept))
counts = bits_by_counts(count(learned_lines), kept_lines)
print(f"  counts of four {counts:.2f}")
print(f"  GRU            {-towns.score(names_kept):.2f}")
for seed, area in enumerate(AREAS):
    invented = towns.generate(40, prefix=f"{area}/", temperature=0.8, random_state=seed)
    new = sorted({name.split("/")[-1] for name in {*invented} - {*names}})
    print(f"{area:8} {', '.join(new[:7])}")

# %%
# Where is Ouagadougou?
# ---------------------
#
# The network gives every text a probability, "Africa/Ouagadougou" as well as
# "Europe/Ouagadougou". Compared, they say where the town is: Bayes' theorem. Nobody
# trained it to answer that. The plain baseline is naive Bayes, which counts pieces of
# one to three letters.


def where(town):
    """Return the probability of each area."""
    texts = [f"{area}/{town}" for area in AREAS]
    bits = np.array([-towns.score([text]) * (len(text) + 1) for text in texts])
    proba = np.exp2(bits.min() - bits)
    return proba / proba.sum()


split = [name.split("/") for name in names_kept]
answers = np.array([where(town) for _, town in split])
truth = [AREAS.index(area) for area, _ in split]
bayes = make_pipeline(
    CountVectorizer(analyzer="char_wb", ngram_range=(1, 3)), MultinomialNB(alpha=0.3)
)
bayes.fit(*zip(*[name.split("/")[::-1] for name in names_learned], strict=True))
guessed = bayes.predict([town for _, town in split])
most = Counter(areas).most_common(1)[0][0]
print(f"always {most}: {np.mean([area == most for area, _ in split]):.2f}")
print(f"naive Bayes of letters: {np.mean(guessed == [area for area, _ in split]):.2f}")
print(f"the generator, asked:   {np.mean(answers.argmax(axis=1) == truth):.2f}")

# %%
# Three hundred names are few, and many towns are named after saints or kings of other
# continents. No more than a hint is in the letters, for counts as for the network, and
# neither is far ahead of who always says the same. Four towns of each continent, and
# where it puts them; a frame is where they are.
chosen = [i for k in range(5) for i in np.flatnonzero(np.equal(truth, k))[:4]]
fig, ax = plt.subplots(figsize=(9.5, 3.2), layout="constrained")
image = ax.imshow(answers[chosen].T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
for x, i in enumerate(chosen):
    ax.add_patch(
        plt.Rectangle((x - 0.5, truth[i] - 0.5), 1, 1, fill=False, ec="C1", lw=2)
    )
ax.set_yticks(range(5), AREAS)
ax.set_xticks(
    range(len(chosen)), [split[i][1] for i in chosen], rotation=50, ha="right"
)
ax.set_title("Where a generator of names puts towns that it never read of")
fig.colorbar(image, label="Probability")

# %%
# In the full setting
# -------------------
#
# From the benchmarks, ``python benchmarks/generation.py shakespeare names``: one LSTM
# layer of 448 (names: 128) units, one core; 1 nat is 1.44 bits.
#
# ===============================  ================  =====================  =======
# data                             nats a character  counts of five         seconds
# ===============================  ================  =====================  =======
# tiny Shakespeare, the last 10 %  1.465             1.669                  669
# 32 033 first names, 10 %         1.958             2.042                  37
# ===============================  ================  =====================  =======
#
# At temperature .8 it writes::
#
#     ROMEO:
#     Should but not tell you, wept of death!
#
#     HENRY BOLINGBROKE:
#     As then come, fear the case his hands were pound
#     But all of your wealthes had inating,
#
# Try it: ``level="word"``, or `fetch_names`. Which names does it invent?
plt.show()
