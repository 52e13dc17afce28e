"""Splits a job's input into mini-batches.

A mini-batch is a dict that goes to a worker as JSON: `index`, `items` (how many it has), and either `files` (paths) or
`frame` (the file of a pickled pandas frame in the scratch folder); `key` where the input is split by partition keys. A
table is cut into files before it is processed, so that a mini-batch can be tried again by any worker and no worker needs
more memory than its own mini-batch.
"""
import os
import re

from .errors import JobFailed
from .mltable_file import MLTable, files_below, need_pandas
from .settings import path_of

FILES = 10  # Azure's default number of files
TABLE_BYTES = 1 << 20  # and its default size for tables
TABLES = {
    ".csv": ("read_delimited", {}),
    ".tsv": ("read_delimited", {"delimiter": "\t"}),
    ".jsonl": ("read_json_lines", {}),
    ".parquet": ("read_parquet", {}),
}


def mini_batches(settings, scratch):
    """All mini-batches, in order."""
    path = path_of("inputs", settings.input_name)
    if settings.input_type == "mltable":
        table = MLTable(path)
        parts = table_parts(settings, table) if table.is_table else file_parts(settings, table.files, table.partition_of)
    elif os.path.isdir(path):
        parts = file_parts(settings, files_below(path), lambda each: keys_in(os.path.relpath(each, path)))
    elif not os.path.isfile(path):
        raise JobFailed("The input '%s' has nothing to process." % settings.input_name)
    elif settings.size and settings.size["unit"] not in ("", "items"):
        parts = table_parts(settings, lone_table(path))
    else:
        parts = file_parts(settings, [path], lambda each: {})
    batches = []
    for part in parts:
        batch = dict(part, index=len(batches))
        if "frame" in part:
            batch["frame"] = os.path.join(scratch, "batch-%d" % len(batches))
            part["frame"].to_pickle(batch["frame"])
        batches.append(batch)
    if not batches:
        raise JobFailed("The input '%s' has nothing to process." % settings.input_name)
    return batches


class lone_table:
    """A single file that is split by its size or rows, read as its name tells."""

    def __init__(self, path):
        self.path = path
        self.reader = TABLES.get(os.path.splitext(path)[1].lower())
        if not self.reader:
            raise JobFailed(
                "The input is the file '%s', which can't be split by size: files named %s can; for others mini_batch_size "
                "is a number of files." % (os.path.basename(path), ", ".join(sorted(TABLES)))
            )

    def frames(self):
        from .mltable_file import READERS

        name, options = self.reader
        return [(self.path, READERS[name](need_pandas(), self.path, options))]


def file_parts(settings, files, keys_of):
    if settings.partition_keys:
        return by_key(settings.partition_keys, files, keys_of)
    size = settings.size or {"amount": FILES, "unit": ""}
    if size["unit"] == "rows":
        raise JobFailed("mini_batch_size is a number of rows, and the input is no table.")
    if size["unit"] == "bytes":
        return by_bytes(files, size["amount"])
    step = size["amount"]
    return [listed(files[at : at + step]) for at in range(0, len(files), step)]


def listed(files):
    return {"items": len(files), "files": files}


def by_bytes(files, most):
    parts, together = [], 0
    for path in files:
        size = os.path.getsize(path)
        if not parts or together + size > most:
            parts.append([])
            together = 0
        parts[-1].append(path)
        together += size
    return [listed(part) for part in parts]


def by_key(names, files, keys_of):
    groups = {}
    for path in files:
        keys = keys_of(path)
        missing = [name for name in names if name not in keys]
        if missing:
            raise JobFailed(
                "The path '%s' gives no value for the partition key '%s': folders named key=value do, or an MLTable's "
                "extract_columns_from_partition_format." % (os.path.basename(path), missing[0])
            )
        groups.setdefault(tuple(keys[name] for name in names), []).append(path)
    return [dict(listed(part), key=dict(zip(names, values))) for values, part in groups.items()]


def keys_in(path):
    """`{"Store": "1"}` of `Store=1/part.parquet`."""
    return dict(re.findall(r"(?:^|/)([^/=]+)=([^/]*)(?=/)", path))


def table_parts(settings, table):
    if settings.partition_keys:
        return by_column(settings.partition_keys, table)
    return by_rows(settings.size or {"amount": TABLE_BYTES, "unit": "bytes"}, table)


def by_column(names, table):
    pandas = need_pandas()
    whole = pandas.concat([frame for _, frame in table.frames()], ignore_index=True)
    missing = [name for name in names if name not in whole.columns]
    if missing:
        raise JobFailed(
            "The table has no column '%s' to be partitioned by; it has %s."
            % (missing[0], ", ".join(map(str, whole.columns)))
        )
    for values, frame in whole.groupby(names, sort=False, dropna=False):
        values = values if isinstance(values, tuple) else (values,)
        plain = [value.item() if hasattr(value, "item") else value for value in values]
        plain = [value if isinstance(value, (str, int, float, bool)) else str(value) for value in plain]
        yield {"items": len(frame), "frame": frame.reset_index(drop=True), "key": dict(zip(names, plain))}


def by_rows(size, table):
    """Parts of a table; as in Azure they don't cross from one file to the next, and a bare number is one of bytes."""
    for path, frame in table.frames():
        if len(frame) == 0:
            continue
        rows = size["amount"]
        if size["unit"] not in ("rows", "items"):
            rows = max(1, int(size["amount"] * len(frame) / max(1, os.path.getsize(path))))
        for at in range(0, len(frame), rows):
            part = frame.iloc[at : at + rows].reset_index(drop=True)
            yield {"items": len(part), "frame": part}
