"""Tokenizer: numbers by hand, round trips, and what is refused."""

# ruff: noqa: RUF001 (letters that look like others are what is tested)

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn_checks import every_check_of_texts

from skseq import RNNClassifier, SequenceArray
from skseq.preprocessing import Tokenizer

TEXTS = ["The cat sat.", "the dog, the cat", "A dog"]


def numbers(tokenizer, texts):
    return [sequence.tolist() for sequence in tokenizer.transform(texts)]


@every_check_of_texts
def test_sklearn_checks(check):
    check("Tokenizer", Tokenizer())


def test_the_tags_say_that_it_reads_texts():
    tags = get_tags(Tokenizer()).input_tags
    assert tags.string
    assert not tags.two_d_array
    assert not tags.three_d_array


# Vocabularies by hand ------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({}, ["the", "cat", "dog", ",", ".", "a", "sat"]),
        ({"lowercase": False}, ["cat", "dog", "the", ",", ".", "A", "The", "sat"]),
        ({"token_pattern": None}, ["the", "cat", "a", "dog", "dog,", "sat."]),
        ({"token_pattern": r"\b\w\w+\b"}, ["the", "cat", "dog", "sat"]),
        ({"min_count": 2}, ["the", "cat", "dog"]),
        ({"vocabulary_size": 4}, ["the", "cat"]),
        ({"vocabulary_size": 100, "min_count": 3}, ["the"]),
    ],
    ids=str,
)
def test_words_by_frequency_then_by_alphabet(options, tokens):
    tokenizer = Tokenizer(**options).fit(TEXTS)
    assert list(tokenizer.vocabulary_) == ["<pad>", "<unk>", *tokens]
    assert list(tokenizer.vocabulary_.values()) == list(range(len(tokens) + 2))


def test_the_order_of_the_texts_does_not_matter():
    expected = Tokenizer().fit(TEXTS).vocabulary_
    assert list(Tokenizer().fit(TEXTS[::-1]).vocabulary_) == list(expected)


def test_numbers_by_hand():
    tokenizer = Tokenizer().fit(["b b a", "a b c"])  # b 2, a 3, c 4
    assert numbers(tokenizer, ["a b c", "c x", "", "A"]) == [
        [3, 2, 4],
        [4, 1],
        [0],
        [3],
    ]
    assert all(x.dtype == np.int64 for x in tokenizer.transform(["a", ""]))


def test_characters():
    tokenizer = Tokenizer(level="char", lowercase=False).fit(["Ab b\n", "ü"])
    assert list(tokenizer.vocabulary_)[2:] == ["b", "\n", " ", "A", "ü"]
    assert numbers(tokenizer, ["bA", "a"]) == [[2, 5], [1]]


def test_words_keep_their_apostrophes_and_lose_their_marks():
    tokenizer = Tokenizer().fit(["Don't stop!? It's so-so 3.5"])
    text = tokenizer.inverse_transform(tokenizer.transform(["don't STOP!"]))
    assert text == ["don't stop !"]
    assert {"it's", "so", "-", "3", ".", "5", "?"} <= set(tokenizer.vocabulary_)


# Of languages that write with marks and joiners, and of an apostrophe as typed.
WORDS = {
    "Hindi": ["हिन्दी", "में", "लिखी", "क़िताब", "क्\u200dष"],
    "Telugu": ["తెలుగు", "భాషలో", "రాసిన", "పుస్తకం"],
    "Arabic, vocalised": ["كِتَابٌ", "مُحَمَّدٌ"],
    "Hebrew, pointed": ["שָׁלוֹם", "עֲלֵיכֶם"],
    "Persian": ["می\u200cخواهم", "کتاب"],
    "Sinhala": ["ශ්\u200dරී", "ලංකා"],
    "Thai": ["ที่", "ไม้"],
    "decomposed Latin": ["cafe\u0301", "u\u0308ber", "n\u0303o\u0302a\u0302\u0301n"],
    "typographic apostrophe": ["don’t", "l’été", "rock’n’roll", "c’e\u0301tait"],
    "hyphenation": ["co\xadoperate", "no\u2060break"],
    "dotted capital": ["i̇stanbul", "i̇zmir"],
}


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("pattern", ["default", r"\b\w[\w’]+\b", r"([\w’]+)"])
def test_words_stay_whole_and_come_back(language, pattern):
    words = WORDS[language]
    options = {} if pattern == "default" else {"token_pattern": pattern}
    tokenizer = Tokenizer(**options).fit([" ".join(words)])
    assert set(tokenizer.vocabulary_) == {"<pad>", "<unk>", *words}
    sequences = tokenizer.transform([" ".join(words), *words])
    assert [len(x) for x in sequences] == [len(words), *[1] * len(words)]
    assert tokenizer.inverse_transform(sequences) == [" ".join(words), *words]


def test_punctuation_ends_a_word_with_marks():
    tokenizer = Tokenizer().fit(["‘cafe\u0301’, नमस्ते! (שָׁלוֹם)"])
    found = [*"‘’,!()", "cafe\u0301", "नमस्ते", "שָׁלוֹם"]
    assert set(tokenizer.vocabulary_) == {"<pad>", "<unk>", *found}
    own = Tokenizer(token_pattern="[a-z]+|[\u0900-\u097f]+").fit(["cafe\u0301 नमस्ते"])
    assert set(own.vocabulary_) == {"<pad>", "<unk>", "cafe\u0301", "नमस्ते"}


@pytest.mark.parametrize("text", ["İzmir", "aİb İİ", "ΣΑΣ İ", "ẞ ß ŉ ﬁ", "Straße"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_a_character_is_one_token(text, lowercase):
    """So that labels of characters are those of their tokens."""
    tokenizer = Tokenizer(level="char", lowercase=lowercase).fit([text])
    (sequence,) = sequences = tokenizer.transform([text])
    assert len(sequence) == len(text)
    expected = text.lower() if lowercase else text
    assert tokenizer.inverse_transform(sequences) == [expected]


def test_marked_ends():
    tokenizer = Tokenizer(level="char", mark_ends=True).fit(["ab", "b"])
    assert list(tokenizer.vocabulary_) == [
        "<pad>",
        "<unk>",
        "<start>",
        "<end>",
        "b",
        "a",
    ]
    assert numbers(tokenizer, ["ab", ""]) == [[2, 5, 4, 3], [2, 3]]
    assert tokenizer.inverse_transform([[2, 5, 4, 3, 0, 0]]) == ["ab"]


def test_marks_that_are_words_of_the_texts():
    """Who marks the ends in the texts gets no more of them."""
    texts = ["<start> a b <end>", "<start> a <end>"]
    tokenizer = Tokenizer(token_pattern=None).fit(texts)
    assert list(tokenizer.vocabulary_)[2:] == ["<end>", "<start>", "a", "b"]
    assert numbers(tokenizer, texts) == [[3, 4, 5, 2], [3, 4, 2]]
    assert tokenizer.inverse_transform(tokenizer.transform(texts)) == texts


def test_a_text_that_was_split_before():
    tokenizer = Tokenizer().fit([["New York", "is"], ("big",)])
    assert numbers(tokenizer, [["new york", "big"], "big is", []]) == [
        [4, 2],
        [2, 3],
        [0],
    ]


@pytest.mark.parametrize(
    "given",
    [
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS, index=[7, 8, 9]),
        pd.Series(TEXTS, dtype="string"),
        [["The", "cat", "sat", "."], "the dog, the cat", np.array(["A", "dog"])],
    ],
    ids=["tuple", "array", "objects", "Series", "string Series", "split"],
)
def test_one_result_for_all_containers(given):
    expected = Tokenizer().fit(TEXTS)
    tokenizer = Tokenizer().fit(given)
    assert tokenizer.vocabulary_ == expected.vocabulary_
    assert numbers(tokenizer, given) == numbers(expected, TEXTS)


# Round trips ---------------------------------------------------------------------


def test_characters_come_back():
    texts = ["Hello, World!", " two  blanks\tand\nlines ", "ÄÖ"]
    tokenizer = Tokenizer(level="char", lowercase=False).fit(texts)
    sequences = tokenizer.transform(texts)
    assert tokenizer.inverse_transform(sequences) == texts
    padded = SequenceArray.from_list(sequences).to_padded()
    for given in (padded, padded[..., 0], SequenceArray.from_list(sequences)):
        assert tokenizer.inverse_transform(given) == texts
    assert tokenizer.inverse_transform(padded.astype(float)) == texts


def test_words_come_back_with_single_blanks():
    tokenizer = Tokenizer().fit(TEXTS)
    back = tokenizer.inverse_transform(tokenizer.transform([*TEXTS, "", "the bird"]))
    assert back == ["the cat sat .", "the dog , the cat", "a dog", "", "the <unk>"]


def test_a_copy_gives_the_same():
    tokenizer = Tokenizer(vocabulary_size=5).fit(TEXTS)
    copied = pickle.loads(pickle.dumps(tokenizer))
    assert numbers(copied, TEXTS) == numbers(tokenizer, TEXTS)
    assert not hasattr(clone(tokenizer), "vocabulary_")


# What is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one text", TypeError, "X must be a list of texts, got str: 'one text'"),
        (7, TypeError, "X must be a list of texts, got int: 7"),
        ({"a": 1}, TypeError, "X must be a list of texts, got dict"),
        ((text for text in TEXTS), TypeError, "list of texts, got generator"),
        ([], ValueError, "X holds no text; at least one is required"),
        (["a", None], TypeError, r"X\[1\] must be a text, .* got NoneType: None"),
        (["a", np.nan], TypeError, r"X\[1\] must be a text, .* got float: nan"),
        (pd.Series(["a", None]), TypeError, r"X\[1\] must be a text"),
        (np.frombuffer(b"ab", np.uint8), TypeError, "got an array of uint8.* decode"),
        ([b"a"], TypeError, r"X\[0\] must be a text, .* got bytes"),
        ([["a", 3]], TypeError, r"X\[0\] must be a text, .* got list: \['a', 3\]"),
        ([[1, 2], [3]], TypeError, r"X\[0\] must be a text"),
        (pd.DataFrame({"a": TEXTS}), ValueError, r"a table of shape \(3, 1\)"),
        (np.array([["a"], ["b"]]), ValueError, r"a table of shape \(2, 1\)"),
        (["", "  "], ValueError, "None of the 0 tokens of X occurs min_count=1 times"),
    ],
)
def test_what_is_no_list_of_texts(X, error, message):
    with pytest.raises(error, match=message):
        Tokenizer().fit(X)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "line"}, "'level' parameter"),
        ({"vocabulary_size": 2}, "'vocabulary_size' parameter"),
        ({"vocabulary_size": 4, "mark_ends": True}, "vocabulary_size=4 leaves no room"),
        ({"token_pattern": "("}, r"token_pattern='\(' is no regular expression: miss"),
        ({"token_pattern": r"(\w)(\d)"}, "token_pattern=.* has 2 groups; expected one"),
        ({"min_count": 9}, "None of the 7 tokens of X occurs min_count=9 times"),
    ],
    ids=str,
)
def test_parameters_that_fit_nothing(options, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(**options).fit(TEXTS)


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        ([2, 9], r"X\[0\] holds 9 at time step 1; .* from 0 to 8"),
        ([-1], r"X\[0\] holds -1 at time step 0"),
        ([0.5], r"X\[0\] holds 0.5 at time step 0"),
        ([np.nan], r"X\[0\] holds nan at time step 0"),
    ],
    ids=str,
)
def test_numbers_that_stand_for_nothing(sequence, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer().fit(TEXTS).inverse_transform([sequence])


def test_before_fit_there_is_no_vocabulary():
    with pytest.raises(ValueError, match="not fitted yet"):
        Tokenizer().transform(TEXTS)


# In a pipeline -------------------------------------------------------------------

NETWORK = RNNClassifier(cell="gru", lr=0.02, max_epochs=20, random_state=0)
rng = np.random.RandomState(0)
GOOD, BAD = ["good", "fine", "great"], ["bad", "poor", "awful"]
OTHER = ["film", "the", "is", "a", "story", "with"]
Y = rng.randint(2, size=90)
REVIEWS = []
for label in Y:
    words = [*rng.choice(OTHER, rng.randint(2, 7)), rng.choice((BAD, GOOD)[label])]
    REVIEWS.append(" ".join(rng.permutation(words)))


@pytest.mark.parametrize(
    ("method", "X"), [("transform", ["a"]), ("inverse_transform", [[2]])]
)
def test_parameters_set_since_fit_are_checked(method, X):
    tokenizer = Tokenizer().fit(["a b"]).set_params(level=np.array([1, 2]))
    with pytest.raises(ValueError, match="'level' parameter"):
        getattr(tokenizer, method)(X)


def test_a_pipeline_of_raw_texts():
    model = make_pipeline(Tokenizer(), clone(NETWORK).set_params(embedding_dim=8))
    assert cross_val_score(model, REVIEWS, Y, cv=3).mean() > 0.9
    model.fit(REVIEWS, Y)
    expected = model.predict_proba(REVIEWS)
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict_proba(REVIEWS), expected)
    np.testing.assert_array_equal(
        clone(model).fit(REVIEWS, Y).predict_proba(REVIEWS), expected
    )
    assert np.isfinite(model.predict_proba(["words never seen", ""])).all()


def test_networks_vote_on_tokens():
    voters = [(f"seed {i}", clone(NETWORK).set_params(random_state=i)) for i in (1, 2)]
    voting = VotingClassifier(voters, voting="soft").set_params(
        **{f"seed {i}__embedding_dim": 8 for i in (1, 2)}
    )
    model = make_pipeline(Tokenizer(), voting).fit(REVIEWS, Y)
    alone = [
        network.predict_proba(model[0].transform(REVIEWS))
        for network in voting.estimators_
    ]
    np.testing.assert_allclose(model.predict_proba(REVIEWS), np.mean(alone, axis=0))


def test_no_output_setting_breaks_it():
    with sklearn.config_context(transform_output="pandas"):
        found = Tokenizer().fit_transform(["b a", "b"])
    assert [x.tolist() for x in found] == [[2, 3], [2]]


def test_a_search_over_vocabulary_and_embedding():
    model = make_pipeline(Tokenizer(), NETWORK)
    grid = {
        "tokenizer__vocabulary_size": [3, None],
        "rnnclassifier__embedding_dim": [4, 8],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(REVIEWS, Y)
    assert search.best_params_["tokenizer__vocabulary_size"] is None
    assert search.best_score_ > 0.8


@pytest.mark.parametrize("params", [{"token_pattern": "("}, {"level": "line"}])
def test_parameters_that_were_set_after_the_fit_are_checked(params):
    tokenizer = Tokenizer().fit(TEXTS).set_params(**params)
    with pytest.raises(ValueError, match=next(iter(params))):
        tokenizer.transform(TEXTS)


@pytest.mark.parametrize("tokens", [3, None, [[2], []], [["a"]]])
def test_an_error_about_tokens_names_them(tokens):
    with pytest.raises((ValueError, TypeError), match=r"\bX\b"):
        Tokenizer().fit(TEXTS).inverse_transform(tokens)
