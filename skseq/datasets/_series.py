"""Series that forecasts and detectors are compared on, downloaded once."""

from __future__ import annotations

import json
from typing import Unpack

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions

from skseq.datasets._remote import Download, RemoteFile, fetching

__all__ = ["fetch_ett", "fetch_nab"]


def _ett(name: str, sha256: str) -> RemoteFile:
    return RemoteFile(
        repository="zhouhaoyi/ETDataset",
        commit="1d16c8f4f943005d613b5bc962e9eeb06058cf07",
        path=f"ETT-small/{name}.csv",
        sha256=sha256,
    )


def _nab(path: str, sha256: str) -> RemoteFile:
    return RemoteFile(
        repository="numenta/NAB",
        commit="ea702d75cc2258d9d7dd35ca8e5e2539d71f3140",
        path=path,
        sha256=sha256,
    )


_ETT = {
    "ETTh1": _ett(
        "ETTh1", "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066"
    )
}
_NAB = {
    "machine_temperature_system_failure": _nab(
        "data/realKnownCause/machine_temperature_system_failure.csv",
        "92bf5b87fc7f9bba8ca0b7ec63ccaac8cb4a1371a258e8c29a10ae9c018d82a4",
    ),
    "nyc_taxi": _nab(
        "data/realKnownCause/nyc_taxi.csv",
        "d8fa6f7f0734bf5c8be12c52a94e20a82664c397d9dec4449156bd453d32856d",
    ),
}
_NAB_WINDOWS = _nab(
    "labels/combined_windows.json",
    "1e1fbc4601321aad8d0f8b3784c8134299379f68f6c1f7777565f8ffd57ab6b1",
)


@fetching(name=[StrOptions(set(_ETT))])
def fetch_ett(name: str = "ETTh1", **how: Unpack[Download]) -> pd.DataFrame:
    """Fetch loads and the oil temperature of an electricity transformer, hour by hour.

    Long-horizon forecasts are compared on it (Zhou et al., 2021, "Informer: Beyond
    Efficient Transformer for Long Sequence Time-Series Forecasting", AAAI): all columns
    standardised by the first 12 months of 30 days, the next 4 for choosing, the 4 that
    follow for testing. From the repository zhouhaoyi/ETDataset (CC BY-ND 4.0), 2.6 MB.

    Parameters
    ----------
    name : {"ETTh1"}, default="ETTh1"
        Which one: the first transformer, by the hour.
    {download}

    Returns
    -------
    frame : DataFrame of shape (17420, 7)
        The useful and useless loads, high ("HUFL", "HULL"), middle ("MUFL", "MULL") and
        low ("LUFL", "LULL"), and the oil temperature "OT", which is what to forecast
        where it is one column. The index "date" goes from July 2016 to June 2018
        without a gap.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_ett
    >>> frame = fetch_ett()  # doctest: +SKIP
    >>> frame["OT"].head(2).round(2)  # doctest: +SKIP
    date
    2016-07-01 00:00:00    30.53
    2016-07-01 01:00:00    27.79
    Name: OT, dtype: float64
    """
    return _ETT[name].read_table("date", **how)


@fetching(name=[StrOptions(set(_NAB))], return_X_y=["boolean"])
def fetch_nab(
    name: str = "nyc_taxi", *, return_X_y: bool = False, **how: Unpack[Download]
) -> Bunch | tuple[pd.DataFrame, pd.Series]:
    """Fetch a series with known anomalies from the Numenta Anomaly Benchmark.

    A detector learns from the first 15 % of the rows, 750 at most, without labels, and
    is compared by the others (Lavin and Ahmad, 2015, "Evaluating Real-Time Anomaly
    Detection Algorithms"). From the repository numenta/NAB (MIT licence), 0.3 or
    0.7 MB.

    Parameters
    ----------
    name : {"machine_temperature_system_failure", "nyc_taxi"}, default="nyc_taxi"
        Which one: a sensor of a large machine, every five minutes, or passengers of
        the taxis of New York, every half hour.
    return_X_y : bool, default=False
        Return `(data, target)` only.
    {download}

    Returns
    -------
    dataset : Bunch
        With the attributes

        data : DataFrame of shape (22695, 1) or (10320, 1)
            The column "value", by time. The times of the machine are as published:
            they jump back once, so that twelve of them are there twice.
        target : Series of the same length
            1 within a labelled window, both ends included, otherwise 0: 2268 or 1035
            rows are 1.
        windows : DataFrame of shape (4, 2) or (5, 2)
            "start" and "end" of each labelled window.

    (data, target) : tuple if `return_X_y`
        Two of them.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_nab
    >>> taxis = fetch_nab("nyc_taxi")  # doctest: +SKIP
    >>> taxis.windows.head(2)  # doctest: +SKIP
                    start                 end
    0 2014-10-30 15:30:00 2014-11-03 22:30:00
    1 2014-11-25 12:00:00 2014-11-29 19:00:00
    """
    data = _NAB[name].read_table("timestamp", **how).astype(float)
    labels = json.loads(_NAB_WINDOWS.read_text(**how))
    pairs = labels[_NAB[name].path.removeprefix("data/")]
    windows = pd.DataFrame(pairs, columns=["start", "end"]).apply(pd.to_datetime)
    within = np.zeros(len(data), dtype=int)
    for start, end in windows.itertuples(index=False):
        within |= (data.index >= start) & (data.index <= end)
    target = pd.Series(within, index=data.index, name="anomaly")
    if return_X_y:
        return data, target
    return Bunch(data=data, target=target, windows=windows)
