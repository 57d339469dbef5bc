"""Series by the day, downloaded once."""

from __future__ import annotations

from typing import Unpack

import pandas as pd

from skseq.datasets._remote import Download, RemoteFile, fetching

__all__ = ["fetch_bitcoin", "fetch_jena", "fetch_opsd"]

_BITCOIN = RemoteFile(
    repository="BheZelmat/BitCoin_Prediction_-_Forecasting_2024",
    commit="57d2f3207737a561d516b21a62e43d8e578c89b9",
    path="BTC-USD.csv",
    sha256="fb0aaef4b79c11eb6c498cd257a002357096d7e0527c0e19dc090544f7c2a273",
)
_JENA = RemoteFile(
    repository="crossguien/Jena-Climate-Dataset-Analysis",
    commit="c1380965a11c3442afb55847be3e5b90f2e3800c",
    path="daily_averages.csv",
    sha256="c9a227023a7989879d5ba985fadbc6aa975c7e3bf87d66c2945ee3900697f4a2",
)
_OPSD = RemoteFile(
    repository="Apress/time-series-algorithm-recipes",
    commit="400364514d48053bc3480e29f9ea4d9e45518eef",
    path="data/opsd_germany_daily.csv",
    sha256="c4b07d6a9ef55e22cfe576e62b9677621223dedf5d60cd97871a065ec7f681a9",
)
_JENA_COLUMNS = {
    "Avg_Temperature_C": "temperature",
    "Avg_Humidity_%": "humidity",
    "Avg_Wind_Speed_m/s": "wind_speed",
}


@fetching()
def fetch_bitcoin(**how: Unpack[Download]) -> pd.DataFrame:
    """Fetch the price of a bitcoin in US dollars, day by day, as Yahoo Finance has it.

    From the repository ``BheZelmat/BitCoin_Prediction_-_Forecasting_2024`` (no licence
    stated), 0.3 MB.

    Parameters
    ----------
    {download}

    Returns
    -------
    frame : DataFrame of shape (3484, 6)
        "Open", "High", "Low", "Close" and "Adj Close", in dollars, and "Volume", what
        was traded for in dollars. The index "Date" goes from 17 September 2014 to 31
        March 2024 without a gap.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_bitcoin
    >>> fetch_bitcoin()["Close"].head(2).round(2)  # doctest: +SKIP
    Date
    2014-09-17    457.33
    2014-09-18    424.44
    Name: Close, dtype: float64
    """
    return _BITCOIN.read_table("Date", **how)


@fetching()
def fetch_jena(**how: Unpack[Download]) -> pd.DataFrame:
    """Fetch the weather of Jena, 2009 to 2016, day by day.

    Daily means of what the Max Planck Institute for Biogeochemistry measures on its
    roof every ten minutes, from which textbooks forecast the temperature a day ahead
    (Chollet, 2017, "Deep Learning with Python"). From the repository
    crossguien/Jena-Climate-Dataset-Analysis (MIT licence), 80 kB.

    Parameters
    ----------
    {download}

    Returns
    -------
    frame : DataFrame of shape (2921, 3)
        "temperature" in degrees Celsius, relative "humidity" in percent and
        "wind_speed" in metres per second, by "Date" from January 1, 2009 to January 1,
        2017. Two days of October 2016 are not there; the wind of July 13, 2015, of
        which the instrument reported an error, is missing.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_jena
    >>> fetch_jena().head(2)  # doctest: +SKIP
                temperature  humidity  wind_speed
    Date
    2009-01-01        -6.81     91.09        0.78
    2009-01-02        -3.73     92.09        1.42
    """
    frame = _JENA.read_table("Date", **how).rename(columns=_JENA_COLUMNS)
    frame["wind_speed"] = frame["wind_speed"].where(frame["wind_speed"] >= 0)
    return frame


@fetching()
def fetch_opsd(**how: Unpack[Download]) -> pd.DataFrame:
    """Fetch Germany's consumption of electricity, wind and solar power, day by day.

    From Open Power System Data (Wiese et al., 2019, "Open Power System Data:
    Frictionless data for electricity system modelling", Applied Energy), as the
    repository Apress/time-series-algorithm-recipes has it, 198 kB.

    Parameters
    ----------
    {download}

    Returns
    -------
    frame : DataFrame of shape (4383, 4)
        "Consumption", and production by "Wind", "Solar" and "Wind+Solar", in GWh, by
        "Date" from 2006 to 2017. Production by wind is known since 2010, by the sun
        since 2012.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_opsd
    >>> fetch_opsd()["Consumption"].head(2)  # doctest: +SKIP
    Date
    2006-01-01    1069.184
    2006-01-02    1380.521
    Name: Consumption, dtype: float64
    """
    return _OPSD.read_table("Date", **how)
