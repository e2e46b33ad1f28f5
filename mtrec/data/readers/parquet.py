"""parquet: typed columns, each written as strings."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as arrow_parquet

from mtrec.data.readers.cells import written
from mtrec.data.readers.content import LARGEST, Content, check_size
from mtrec.data.readers.table import Table, assemble, unreadable
from mtrec.data.recipe import FileOptions


def read_parquet(content: Content, options: FileOptions) -> Table:
    """Whole numbers without a point, times in ISO, true and false, lists joined by `|`.

    Times with a zone are given in UTC.
    """
    try:
        file = arrow_parquet.ParquetFile(pa.BufferReader(content.data))
        schema = pa.schema([(name, pa.large_string()) for name in file.schema_arrow.names])
        batches = list(_batches(content.name, file))
        rows = pa.Table.from_batches(batches, schema)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(content.name, "is no parquet file", "a whole file", str(error)) from error
    return assemble(content.name, rows, [], "", "typed columns")


def _batches(name: str, file: arrow_parquet.ParquetFile) -> Iterator[pa.RecordBatch]:
    size = 0
    for batch in file.iter_batches():
        columns = [_strings(column) for column in batch.columns]
        size += sum(column.nbytes for column in columns)
        check_size(name, LARGEST, size)
        yield pa.record_batch(columns, names=batch.schema.names)


def _strings(column: pa.Array) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        return _strings(column.storage)
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        zoned = column.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else column
        spelled = compute.replace_substring(zoned.cast(pa.large_string()), " ", "T")
        return compute.replace_substring_regex(spelled, r"\.0+(Z?)$", r"\1")
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return _strings(column.cast(pa.string()).cast(pa.float64()))
    if pa.types.is_nested(kind) or pa.types.is_floating(kind):
        return pa.array(map(written, column.to_pylist()), pa.large_string())
    strings = column.cast(pa.large_string())
    return compute.if_else(compute.equal(strings, ""), None, strings)
