"""Fetchers, with a local folder in place of the web: tests use no network."""

import hashlib
import json
import re
from dataclasses import replace
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

from skseq import datasets
from skseq.datasets import _daily, _remote, _series, _texts

PINNED = [
    _texts._TINY_SHAKESPEARE,
    _texts._NAMES,
    *_texts._SST2.values(),
    _daily._BITCOIN,
    _daily._JENA,
    _daily._OPSD,
    *_series._ETT.values(),
    *_series._NAB.values(),
    _series._NAB_WINDOWS,
]
FETCHERS = [name for name in datasets.__all__ if name.startswith("fetch_")]
AT_ONCE = {"n_retries": 0, "delay": 0}


@pytest.fixture
def web(tmp_path, monkeypatch):
    """Serve files from a folder; downloads are kept in another one."""
    monkeypatch.setattr(_remote, "HOST", f"file://localhost{tmp_path}/web")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    return tmp_path / "web"


@pytest.fixture
def home(web):
    return web.parent / "home"


def publish(web, file, contents):
    """Put contents where a file is looked for; return it with their checksum."""
    path = web / file.repository / file.commit / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    return replace(file, sha256=hashlib.sha256(contents).hexdigest())


def withdraw(web, file):
    (web / file.repository / file.commit / file.path).unlink()


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def names(web, monkeypatch):
    """Three names, published as what fetch_names looks for."""
    file = publish(web, _texts._NAMES, b"emma\nolivia\nava")
    monkeypatch.setattr(_texts, "_NAMES", file)
    return file


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.path)
def test_files_are_pinned_to_a_commit_and_a_checksum(file):
    assert re.fullmatch("[0-9a-f]{40}", file.commit)
    assert re.fullmatch("[0-9a-f]{64}", file.sha256)


def test_checksums_and_commits_are_of_one_file_each():
    assert len({file.sha256 for file in PINNED}) == len(PINNED)
    assert len({(file.repository, file.commit) for file in PINNED}) == 8
    assert _remote.HOST == "https://raw.githubusercontent.com"


def test_names_are_the_lines(names):
    assert datasets.fetch_names(**AT_ONCE) == ["emma", "olivia", "ava"]


def test_tiny_shakespeare_is_the_text_as_it_is(web, monkeypatch):
    file = publish(web, _texts._TINY_SHAKESPEARE, b"First Citizen:\n\nSpeak.\n")
    monkeypatch.setattr(_texts, "_TINY_SHAKESPEARE", file)
    assert datasets.fetch_tiny_shakespeare() == "First Citizen:\n\nSpeak.\n"


def test_sst2_is_sentences_and_who_is_pleased(web, monkeypatch):
    file = publish(web, _texts._SST2["validation"], b"it 's\t0\na joy , moving\t1\n")
    monkeypatch.setitem(_texts._SST2, "validation", file)
    X, y = datasets.fetch_sst2(split="validation")
    assert X == ["it 's", "a joy , moving"]
    np.testing.assert_array_equal(y, [0, 1], strict=True)


def test_ett_is_indexed_by_time(web, monkeypatch):
    rows = b"date,HUFL,OT\n2016-07-01 00:00:00,5.8,30.5\n2016-07-01 01:00:00,5.7,27.8\n"
    file = publish(web, _series._ETT["ETTh1"], rows)
    monkeypatch.setitem(_series._ETT, "ETTh1", file)
    frame = datasets.fetch_ett()
    times = pd.DatetimeIndex(["2016-07-01 00:00", "2016-07-01 01:00"], name="date")
    expected = pd.DataFrame({"HUFL": [5.8, 5.7], "OT": [30.5, 27.8]}, index=times)
    pd.testing.assert_frame_equal(frame, expected, check_index_type=False)
    assert isinstance(frame.index, pd.DatetimeIndex)


def test_bitcoin_is_indexed_by_day(web, monkeypatch):
    rows = b"Date,Close,Volume\n2014-09-17,457.5,21056800\n2014-09-18,424.5,34483200"
    file = publish(web, _daily._BITCOIN, rows)
    monkeypatch.setattr(_daily, "_BITCOIN", file)
    frame = datasets.fetch_bitcoin()
    days = pd.DatetimeIndex(["2014-09-17", "2014-09-18"], name="Date")
    values = {"Close": [457.5, 424.5], "Volume": [21056800, 34483200]}
    expected = pd.DataFrame(values, index=days)
    pd.testing.assert_frame_equal(frame, expected, check_index_type=False)


def test_jena_has_plain_names_and_a_hole_where_the_instrument_failed(web, monkeypatch):
    rows = b"""Date,Avg_Temperature_C,Avg_Humidity_%,Avg_Wind_Speed_m/s
2015-07-12,18.23,69.25,1.42
2015-07-13,16.44,82.53,-1248.22
"""
    monkeypatch.setattr(_daily, "_JENA", publish(web, _daily._JENA, rows))
    frame = datasets.fetch_jena()
    assert frame.columns.tolist() == ["temperature", "humidity", "wind_speed"]
    assert frame.index.tolist() == pd.date_range("2015-07-12", periods=2).tolist()
    np.testing.assert_array_equal(frame, [[18.23, 69.25, 1.42], [16.44, 82.53, np.nan]])


def test_opsd_is_indexed_by_day_with_holes_where_nothing_is_known(web, monkeypatch):
    rows = b"Date,Consumption,Wind\n2009-12-31,1101.3,\n2010-01-01,1044.5,81.8\n"
    monkeypatch.setattr(_daily, "_OPSD", publish(web, _daily._OPSD, rows))
    frame = datasets.fetch_opsd()
    assert frame.index.tolist() == pd.date_range("2009-12-31", periods=2).tolist()
    np.testing.assert_array_equal(frame, [[1101.3, np.nan], [1044.5, 81.8]])


@pytest.fixture
def taxis(web, monkeypatch):
    """Eight rows, a time of which is there twice; windows overlap or are of others."""
    times = [f"2014-07-01 0{hour}:00:00" for hour in (0, 1, 2, 3, 2, 4, 5, 6)]
    rows = "".join(f"{time},{10 * i}\n" for i, time in enumerate(times))
    windows = [(1, 2), (2, 3), (6, 6)]
    labels = {
        "realKnownCause/nyc_taxi.csv": [
            [f"2014-07-01 0{hour}:00:00.000000" for hour in pair] for pair in windows
        ],
        "realKnownCause/other.csv": [
            ["2014-07-01 00:00:00.000000", "2014-07-01 09:00:00.000000"]
        ],
    }
    series = ("timestamp,value\n" + rows).encode()
    series = publish(web, _series._NAB["nyc_taxi"], series)
    windows = publish(web, _series._NAB_WINDOWS, json.dumps(labels).encode())
    monkeypatch.setitem(_series._NAB, "nyc_taxi", series)
    monkeypatch.setattr(_series, "_NAB_WINDOWS", windows)


@pytest.mark.usefixtures("taxis")
def test_nab_marks_the_rows_of_windows_ends_included():
    dataset = datasets.fetch_nab("nyc_taxi")
    assert dataset.data.columns.tolist() == ["value"]
    assert dataset.data["value"].tolist() == [10.0 * i for i in range(8)]
    assert dataset.data["value"].dtype == np.float64
    assert dataset.data.index.hour.tolist() == [0, 1, 2, 3, 2, 4, 5, 6]
    assert dataset.target.tolist() == [0, 1, 1, 1, 1, 0, 0, 1]
    assert dataset.target.index.equals(dataset.data.index)
    assert dataset.windows["start"].dt.hour.tolist() == [1, 2, 6]
    assert dataset.windows["end"].dt.hour.tolist() == [2, 3, 6]


@pytest.mark.usefixtures("taxis")
def test_nab_returns_rows_and_labels_only_if_asked():
    dataset = datasets.fetch_nab()
    data, target = datasets.fetch_nab(return_X_y=True)
    pd.testing.assert_frame_equal(data, dataset.data)
    pd.testing.assert_series_equal(target, dataset.target)


def test_a_file_is_downloaded_once(web, names):
    first = datasets.fetch_names()
    withdraw(web, names)
    assert datasets.fetch_names(**AT_ONCE) == first
    assert datasets.fetch_names(download_if_missing=False) == first


@pytest.mark.parametrize("as_type", [str, lambda path: path])
def test_the_folder_can_be_chosen(home, names, tmp_path, as_type):
    datasets.fetch_names(data_home=as_type(tmp_path / "elsewhere"))
    expected = tmp_path / "elsewhere" / "skseq" / "karpathy" / "makemore" / "names.txt"
    assert files_in(tmp_path / "elsewhere") == [expected]
    assert not files_in(home)


@pytest.mark.parametrize("name", FETCHERS)
def test_what_is_missing_is_not_downloaded_if_not_allowed(home, name):
    with pytest.raises(OSError, match=r"is missing .* download_if_missing is False"):
        getattr(datasets, name)(download_if_missing=False)
    assert not files_in(home)


@pytest.mark.usefixtures("names")
def test_not_allowed_means_not_even_if_it_could_be(home):
    with pytest.raises(OSError, match="download_if_missing is False"):
        datasets.fetch_names(download_if_missing=False)
    assert not files_in(home)


def test_a_download_of_other_contents_is_refused_and_not_kept(web, home, names):
    publish(web, names, b"emma\noli")
    for _ in range(2):
        with pytest.raises(OSError, match=r"SHA256 checksum of names\.txt .* differs"):
            datasets.fetch_names(**AT_ONCE)
        assert not files_in(home)
    publish(web, names, b"emma\nolivia\nava")
    assert datasets.fetch_names(**AT_ONCE) == ["emma", "olivia", "ava"]


def test_a_file_that_changed_after_its_download_is_replaced(home, names):
    datasets.fetch_names()
    (kept,) = files_in(home)
    kept.write_bytes(b"emma\noli")
    with pytest.raises(OSError, match=r"is not what file://.* holds"):
        datasets.fetch_names(download_if_missing=False)
    with pytest.warns(UserWarning, match="re-downloading"):
        assert datasets.fetch_names(**AT_ONCE) == ["emma", "olivia", "ava"]
    assert files_in(home) == [kept]


def test_a_file_that_changed_is_never_read(web, home, names):
    datasets.fetch_names()
    files_in(home)[0].write_bytes(b"emma\noli")
    withdraw(web, names)
    for _ in range(2):
        with pytest.warns(UserWarning, match="re-downloading"), pytest.raises(URLError):
            datasets.fetch_names(**AT_ONCE)


def test_a_download_that_fails_is_tried_again_and_leaves_nothing(web, home, names):
    withdraw(web, names)
    with (
        pytest.warns(UserWarning, match="Retry downloading") as caught,
        pytest.raises(OSError, match=r"names\.txt"),
    ):
        datasets.fetch_names(n_retries=2, delay=0)
    assert len(caught) == 2
    assert not files_in(home)


CHOICES = {"fetch_ett": "ETTh1", "fetch_nab": "nyc_taxi", "fetch_sst2": "validation"}


@pytest.mark.parametrize("fetch", CHOICES)
@pytest.mark.parametrize("name", ["ETTh3", None, ["nyc_taxi"], 1])
def test_an_unknown_name_is_refused_with_the_choices(fetch, name):
    said = f"'(name|split)' parameter of {fetch} .*'{CHOICES[fetch]}'"
    with pytest.raises(ValueError, match=said):
        getattr(datasets, fetch)(name)


@pytest.mark.parametrize("name", FETCHERS)
@pytest.mark.parametrize(
    "bad",
    [{"data_home": 1}, {"download_if_missing": "no"}, {"n_retries": -1}, {"delay": -1}],
    ids=str,
)
def test_a_bad_setting_is_refused_by_its_name(name, bad):
    with pytest.raises(ValueError, match=f"'{next(iter(bad))}' parameter of {name}"):
        getattr(datasets, name)(**bad)
