import numpy as np
import pandas as pd
import pytest

from skseq import RNNClassifier, SequenceArray
from skseq.data import folders, stored

rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_tuples(
    [(who, pd.Timestamp(2024, 1, 1 + 2 * i)) for who in "cab" for i in range(4)],
    names=["who", "day"],
)
FRAME = pd.DataFrame(
    {
        "x": np.where(rng.random(12) < 0.2, np.nan, rng.normal(size=12)),
        "kind": list("bbbbaacaadba"),
        "y": rng.normal(size=12),
    },
    INDEX,
)


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("feature_names", "instances", "times"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None)
        assert one is None or list(one) == list(other)


def test_parts_become_what_they_are_together(tmp_path):
    parts = [rng.normal(size=(2, 5, 3)), [rng.normal(size=(n, 3)) for n in (1, 4)]]
    found = SequenceArray.from_parts(iter(parts), tmp_path / "new" / "x")
    assert_same(found, SequenceArray.from_list([*parts[0], *parts[1]]))
    assert_same(SequenceArray.from_folder(tmp_path / "new" / "x"), found)
    assert not found.values.flags.writeable


@pytest.mark.parametrize("n_rows", [1, 3, 5, 12])
def test_row_groups_of_parquet_are_joined(tmp_path, n_rows):
    """Categories, too, of which later groups have others."""
    path = tmp_path / "table.parquet"
    FRAME.reset_index().to_parquet(path, row_group_size=n_rows)
    found = SequenceArray.from_parquet(path, tmp_path / "x", instance="who", time="day")
    expected = SequenceArray.from_frame(FRAME)
    texts = [x.categories[1][x.values[:, 1].astype(int)] for x in (found, expected)]
    assert list(texts[0]) == list(texts[1]) == list(FRAME["kind"])
    for x in (found, expected):
        x.values = x.values[:, [0, 2]]
    assert_same(found, expected)
    assert found.instances.tolist() == ["c", "a", "b"]


def test_a_folder_of_files_and_chosen_columns(tmp_path):
    (tmp_path / "files").mkdir()
    table = FRAME.reset_index()
    table[:6].to_parquet(tmp_path / "files" / "1.parquet")
    table[6:].to_parquet(tmp_path / "files" / "2.parquet")
    names = {"instance": "who", "time": "day", "columns": ["y"]}
    found = SequenceArray.from_parquet(tmp_path / "files", tmp_path / "x", **names)
    assert_same(found, SequenceArray.from_frame(FRAME[["y"]]))
    options = {"hidden_size": 2, "max_epochs": 1, "random_state": 0, "time_gaps": True}
    model = RNNClassifier(**options)
    label = pd.Series([0, 1, 0], index=found.instances)
    proba = model.fit(SequenceArray.from_frame(FRAME[["y"]]), label).predict_proba(
        found
    )
    again = model.fit(found, label).predict_proba(found)
    np.testing.assert_array_equal(again, proba)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1, 4, 2, 3], "The rows of instance 'c' are interrupted"),
        ([0, 1, 3, 2], "time of instance 'c' does not increase"),
    ],
)
def test_rows_in_another_order_are_refused(tmp_path, order, message):
    path = tmp_path / "table.parquet"
    FRAME[["y"]].reset_index().iloc[order].to_parquet(path, row_group_size=1)
    with pytest.raises(ValueError, match=message):
        SequenceArray.from_parquet(path, tmp_path / "x", instance="who", time="day")
    with pytest.raises(FileNotFoundError, match="holds no sequences"):
        SequenceArray.from_folder(tmp_path / "x")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "parts holds no sequence"),
        ([np.zeros((1, 2, 1)), np.zeros((1, 2, 3))], "Part 1 has another n_features"),
        ([np.zeros((1, 2, 1)), np.zeros((1, 2, 1), "f4")], "another dtype.*float32"),
    ],
)
def test_parts_of_other_kinds_are_refused(tmp_path, parts, message):
    with pytest.raises(ValueError, match=message):
        SequenceArray.from_parts(parts, tmp_path)


def test_nothing_is_overwritten(tmp_path):
    SequenceArray.from_parts([np.ones((1, 2, 1))], tmp_path)
    with pytest.raises(FileExistsError, match="holds sequences already"):
        SequenceArray.from_parts([np.zeros((1, 2, 1))], tmp_path)
    assert SequenceArray.from_folder(tmp_path)[0].tolist() == [[1], [1]]


def test_a_column_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "table.parquet"
    FRAME.reset_index().to_parquet(path)
    with pytest.raises(ValueError, match=r"has no column 'id'; it has \['who', 'day'"):
        SequenceArray.from_parquet(path, tmp_path / "x", instance="id", time="day")
    assert folders.CONTENTS not in {p.name for p in tmp_path.iterdir()}


def broken(name, change):
    """Return what harms a file of a folder."""

    def harm(folder):
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return harm


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (broken("values", lambda b: b[:-8]), "values has 88 bytes of 96 expected"),
        (broken("values", lambda b: b * 2), "values has 192 bytes of 96 expected"),
        (broken("times", lambda b: b""), "times has 0 bytes of 96 expected"),
        (broken("sequences.json", lambda b: b[:-9]), "not as they were written"),
        (broken("sequences.json", lambda b: b"{}"), "not as they were written"),
        (broken("lengths.npy", lambda b: b[:20]), "not as they were written"),
        (lambda folder: (folder / "values").unlink(), "No such file"),
        (
            broken("sequences.json", lambda b: b.replace(b"float64", b"object")),
            "not as they were written",
        ),
    ],
)
def test_a_folder_that_was_harmed_is_refused(tmp_path, harm, message):
    SequenceArray.from_parts([FRAME[["y"]]], tmp_path)
    harm(tmp_path)
    with pytest.raises(ValueError, match=f"(?s)folder=.*{message}"):
        SequenceArray.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([], "holds no files of parquet"),
        ([FRAME[["y"]], FRAME[["x"]]], r"2.parquet' has no column 'y'"),
        ([FRAME[["y"]], FRAME[["kind"]].set_axis(["y"], axis=1)], "types of the first"),
    ],
)
def test_files_of_parquet_that_do_not_go_together_are_refused(
    tmp_path, others, message
):
    (tmp_path / "files").mkdir()
    for i, frame in enumerate(others, 1):
        frame.reset_index().to_parquet(tmp_path / "files" / f"{i}.parquet")
    with pytest.raises(ValueError, match=message):
        SequenceArray.from_parquet(
            tmp_path / "files", tmp_path / "x", instance="who", time="day"
        )


def test_a_file_that_was_cut_off_since_it_was_opened_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "LARGE", 0)
    parts = [np.zeros((30, 50, 4))]
    sequences = SequenceArray.from_parts(parts, tmp_path)
    model = RNNClassifier(hidden_size=2, max_epochs=1, random_state=0)
    with (tmp_path / "values").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ValueError, match="has 100 bytes, but had 48000 when"):
        model.fit(sequences, np.arange(30) % 2)
