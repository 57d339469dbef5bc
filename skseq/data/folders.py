"""Sequences in a folder: written part by part, opened without being read."""

from __future__ import annotations

import json
import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd

from skseq.data.categories import extended, recode
from skseq.data.sequences import SequenceArray
from skseq.data.stored import as_floats

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["of_parquet", "open_folder", "write_folder"]

CONTENTS = "sequences.json"  # written last, so that a folder without it is not whole


def write_folder(
    parts: Iterable[Any], folder: Any, *, continues: bool = False
) -> SequenceArray:
    """Write sequences, as `SequenceArray.from_parts` says.

    Parameters
    ----------
    parts : iterable of SequenceArray, arrays, lists or panels
        The sequences, some at a time.
    folder : path
        Where to write them.
    continues : bool, default=False
        Whether the first sequence of a part goes on where the last one of the part
        before ends, if both are of one instance.

    Returns
    -------
    sequences : SequenceArray
    """
    folder = Path(folder)
    if (folder / CONTENTS).exists():
        raise FileExistsError(
            f"folder={str(folder)!r} holds sequences already; delete it to write "
            "others, or SequenceArray.from_folder opens them."
        )
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Writer(continues)
    with ExitStack() as stack:
        paths = folder / "values", folder / "times"
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for i, part in enumerate(parts):
            writer.add(_as_sequences(part), *files, name=f"Part {i}")
    content = writer.content()
    np.save(folder / "lengths.npy", np.array(writer.lengths, dtype=np.int64))
    (folder / CONTENTS).write_text(json.dumps(content))
    return open_folder(folder)


def _as_sequences(part: Any) -> SequenceArray:
    if isinstance(part, SequenceArray):
        return part
    if getattr(part, "ndim", 0) == 3:
        return SequenceArray.from_array(part)
    if isinstance(part, pd.DataFrame):
        return SequenceArray.from_frame(part)
    return SequenceArray.from_list(part)


class _Writer:
    """Writes parts, and knows what they have in common."""

    def __init__(self, continues: bool):
        self.continues = continues
        self.lengths: list[int] = []
        self._instances: list[Any] | None = []
        self._alike: dict[str, Any] = {}
        self._categories: list[pd.Index | None] = []
        self._last_time: Any = None

    def add(
        self, part: SequenceArray, values: BinaryIO, times: BinaryIO, *, name: str
    ) -> None:
        """Write the sequences of a part behind those before."""
        if not len(part):
            return
        part = part.apart()
        table = as_floats(part.values)
        own_times = _plain_times(part.times)
        names = part.feature_names
        own = list(part.categories or (None,) * part.n_features)
        alike = {
            "n_features": part.n_features,
            "dtype": str(table.dtype),
            "times": None if own_times is None else str(own_times.dtype),
            "feature_names": None if names is None else names.tolist(),
            "has_instances": part.instances is not None,
            "has_categories": [known is not None for known in own],
        }
        self._alike = self._alike or alike
        for key, value in alike.items():
            if value != self._alike[key]:
                raise ValueError(
                    f"{name} has another {key} than those before: {value}, not "
                    f"{self._alike[key]}."
                )
        lengths = part.lengths.tolist()
        if part.instances is not None and self._instances is not None:
            labels = part.instances.tolist()
            if self.continues and self._instances and labels[0] == self._instances[-1]:
                if own_times is not None and not own_times[0] > self._last_time:
                    raise ValueError(
                        f"The time of instance {labels[0]!r} does not increase at "
                        f"{own_times[0]}, the first row of {name.lower()}."
                    )
                self.lengths[-1] += lengths[0]
                labels, lengths = labels[1:], lengths[1:]
            self._instances += labels
        self.lengths += lengths
        self._categories = self._categories or [None] * part.n_features
        for i, known in enumerate(own):
            if known is not None:
                before = self._categories[i]
                together = known if before is None else extended(before, known)
                codes = recode(table[:, i], known, together)
                table[:, i] = np.where(codes < 0, np.nan, codes)
                self._categories[i] = together
        values.write(np.ascontiguousarray(table).data)
        if own_times is not None:
            self._last_time = own_times[-1]
            times.write(np.ascontiguousarray(own_times).view(np.uint8).data)

    def content(self) -> dict[str, Any]:
        """Return all that is not a number of a step."""
        if not self.lengths:
            raise ValueError("parts holds no sequence; at least one is required.")
        instances = self._instances if self._alike["has_instances"] else None
        if self.continues and len(set(instances or ())) < len(instances or ()):
            again = pd.Index(instances)
            raise ValueError(
                f"The rows of instance {again[again.duplicated()][0]!r} are "
                "interrupted by another instance; sort the table by both first."
            )
        known = [None if own is None else own.tolist() for own in self._categories]
        content = {**self._alike, "instances": instances, "categories": known}
        try:
            json.dumps(content)
        except TypeError as error:
            raise TypeError(
                "instances and categories of sequences in a folder must be texts or "
                f"numbers: {error}."
            ) from error
        return content


def _plain_times(times: Any) -> np.ndarray | None:
    """Return times as numbers, or as dates without a zone, None if they are neither."""
    if times is None:
        return None
    if getattr(times, "tz", None) is not None:
        times = times.tz_convert(None)
    values = np.asarray(times)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]")
    return values if values.dtype.kind in "iufM" else None


def open_folder(folder: Any, static: Any = None) -> SequenceArray:
    """Open sequences, as `SequenceArray.from_folder` says.

    Parameters
    ----------
    folder : path
        Where they are.
    static : DataFrame or array-like, optional
        What is known of each.

    Returns
    -------
    sequences : SequenceArray
    """
    folder = Path(folder)
    if not (folder / CONTENTS).is_file():
        raise FileNotFoundError(
            f"folder={str(folder)!r} holds no sequences; SequenceArray.from_parts and "
            "from_parquet write them."
        )
    try:
        content = json.loads((folder / CONTENTS).read_text())
        lengths = np.load(folder / "lengths.npy", allow_pickle=False)
        n_rows = int(lengths.sum())

        def table(name: str, dtype: str, kinds: str, *shape: int) -> np.ndarray:
            numbers = np.dtype(dtype)
            expected = math.prod(shape) * numbers.itemsize
            found = (folder / name).stat().st_size
            if numbers.kind not in kinds or found != expected:
                raise ValueError(f"{name} has {found} bytes of {expected} expected")
            return np.memmap(folder / name, numbers, "r", shape=shape)

        times = content["times"]
        return SequenceArray(
            table("values", content["dtype"], "f", n_rows, content["n_features"]),
            np.cumsum(lengths) - lengths,
            lengths,
            feature_names=content["feature_names"],
            instances=content["instances"],
            times=times and pd.Index(table("times", times, "iufM", n_rows)),
            categories=tuple(content["categories"]),
            static=static,
        )
    except (KeyError, OSError, TypeError, ValueError) as error:
        if static is not None and "static" in str(error):
            raise
        raise ValueError(
            f"folder={str(folder)!r} holds sequences that are not as they were "
            f"written: {error}. Write them again with SequenceArray.from_parts or "
            "from_parquet."
        ) from error


def of_parquet(
    path: Any, instance: str, time: str, columns: Any = None
) -> Iterator[SequenceArray]:
    """Yield the sequences in files of parquet, a row group at a time.

    Parameters
    ----------
    path, instance, time, columns
        As in `SequenceArray.from_parquet`.
    """
    from pyarrow import ArrowException, dataset

    found = dataset.dataset(path, format="parquet")
    there = found.schema.names
    names = there if columns is None else [instance, time, *columns]
    missing = [name for name in (instance, time, *names) if name not in there]
    if missing and found.files:
        raise ValueError(
            f"path={str(path)!r} has no column {missing[0]!r}; it has {there}."
        )
    if not found.files:
        raise ValueError(f"path={str(path)!r} holds no files of parquet.")
    for fragment in found.get_fragments():
        own = fragment.physical_schema
        for name in names:
            if name not in own.names:
                raise ValueError(
                    f"The file {fragment.path!r} has no column {name!r}; it has "
                    f"{own.names}."
                )
        for group in fragment.split_by_row_group():
            try:
                table = group.to_table(schema=found.schema, columns=list(names))
            except (ArrowException, OSError) as error:
                raise ValueError(
                    f"The file {fragment.path!r} cannot be read with the types of the "
                    f"first file: {error}"
                ) from error
            if table.num_rows:
                yield SequenceArray.from_frame(table, index=[instance, time])
