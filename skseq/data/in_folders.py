"""How a SequenceArray is written into a folder, and opened from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skseq._describing import described

if TYPE_CHECKING:
    from skseq.data.sequences import SequenceArray

__all__ = ["InFolders"]


@described(
    opened="""
    Returns
    -------
    sequences : SequenceArray
        It reads a step when a batch needs it.
    """,
    exists="""
    FileExistsError
        If the folder holds sequences already.
    """,
)
class InFolders:
    """Makes sequences that stay in files, of which a batch reads its own steps."""

    @classmethod
    def from_parts(cls, parts: Any, folder: Any) -> SequenceArray:
        """Write sequences that do not fit into memory into a folder, part by part.

        Parameters
        ----------
        parts : iterable of SequenceArray, arrays, lists of arrays or DataFrames
            Some sequences at a time, as `from_array`, `from_list` and `from_frame` take
            them: a generator that reads one file, or some chunks of a zarr, after the
            other. All with the same columns and the same type of numbers.
        folder : str or Path
            Where to write them. It takes as much room as the numbers.

        {opened}
            Names, instances, categories and times that are numbers or dates are kept,
            dates without their zone.

        Raises
        ------
        {exists}
        ValueError
            If there is no sequence, or parts have other columns or types.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> from skseq import SequenceArray
        >>> folder = tempfile.TemporaryDirectory()
        >>> parts = (np.full((2, 3, 1), i) for i in range(4))
        >>> SequenceArray.from_parts(parts, folder.name)
        SequenceArray(n_samples=8, n_timesteps=3, n_features=1)
        >>> SequenceArray.from_folder(folder.name)[5].tolist()
        [[2.0], [2.0], [2.0]]
        >>> folder.cleanup()
        """
        from skseq.data.folders import write_folder

        return write_folder(parts, folder)

    @classmethod
    def from_parquet(
        cls, path: Any, folder: Any, *, instance: str, time: str, columns: Any = None
    ) -> SequenceArray:
        """Write a long table of parquet into a folder of sequences, one per instance.

        One row group is in memory at a time. What is compressed and by columns there is
        a plain table of numbers in the folder, of which a batch reads its rows alone.

        Parameters
        ----------
        path : str, Path or list of these
            A file, or a folder of files in the order of their names, read by pyarrow.
        folder : str or Path
            Where to write them, as in `from_parts`.
        instance, time : str
            The columns of instances and of times. The rows of one instance must stand
            together, with increasing time.
        columns : list of str, default=None
            The features; None takes all other columns.

        {opened}

        Raises
        ------
        {exists}
        ValueError
            If a column is not there, in one of several files perhaps, or is of another
            type in one of them, or rows are not in that order.
        """
        from skseq.data.folders import of_parquet, write_folder

        parts = of_parquet(path, instance, time, columns)
        return write_folder(parts, folder, continues=True)

    @classmethod
    def from_folder(cls, folder: Any, *, static: Any = None) -> SequenceArray:
        """Open what `from_parts` or `from_parquet` has written.

        Parameters
        ----------
        folder : str or Path
            Where it is.
        static : DataFrame or array-like of shape (n_samples, n_columns), default=None
            What is known of each sequence as a whole.

        {opened}

        Raises
        ------
        FileNotFoundError
            If there is none.
        ValueError
            If files in it are not as they were written: missing, cut off, or others.
        """
        from skseq.data.folders import open_folder

        return open_folder(folder, static)
