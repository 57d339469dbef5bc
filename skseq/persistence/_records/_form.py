"""What estimators hold besides numbers: which classes, with which attributes.

A record is made from its attributes alone, all of which must be there and as
expected. Nothing else can be named in a file.
"""

from __future__ import annotations

from typing import Any

from skseq.parameters.checks import check_all
from skseq.persistence._forms import Form, Reader, Writer, expect
from skseq.persistence._records._data import DATA
from skseq.persistence._records._detectors import DETECTORS
from skseq.persistence._records._forecasters import FORECASTERS
from skseq.persistence._records._losses import LOSS_RECORDS
from skseq.persistence._records._record import Record
from skseq.persistence._records._tasks import TASKS

__all__ = ["RECORDS", "RECORD_FORM"]

RECORDS: dict[type, Record] = DATA | TASKS | LOSS_RECORDS | FORECASTERS | DETECTORS
_BY_NAME = {cls.__name__: cls for cls in RECORDS}


def _write_record(writer: Writer, value: Any, place: str) -> list:
    record = RECORDS[type(value)]
    attributes = {
        name: writer.write(getattr(value, name), f"{place}.{name}")
        for name in (*record.attributes, *record.further)
    }
    return [type(value).__name__, attributes]


def _read_record(reader: Reader, part: Any) -> Any:
    name, attributes = expect(part, list)
    if name not in _BY_NAME:
        raise ValueError(f"there is no record {name!r:.80}")
    cls = _BY_NAME[name]
    record = RECORDS[cls]
    found = {key: reader.read(node) for key, node in expect(attributes, dict).items()}
    check_all(name, found, record.attributes, record.further)
    value = record.make(cls, found)
    if not record.is_sound(value):
        raise ValueError(f"the attributes of a {name} do not fit together")
    return value


RECORD_FORM = Form(
    "record", lambda value: type(value) in RECORDS, _write_record, _read_record
)
