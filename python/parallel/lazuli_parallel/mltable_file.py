"""Reads an MLTable file: which files a table is made of, and how they are read.

The schema is Azure's (https://azuremlschemas.azureedge.net/latest/MLTable.schema.json). Of its transformations those are
here that need no engine of their own; any other is refused by name. pandas is imported when a table is really read.
"""
import glob
import os
import re

from .errors import JobFailed

ENCODINGS = {"windows1252": "cp1252", "iso88591": "latin-1", "utf8bom": "utf-8-sig"}
COLUMN_TYPES = {"int": "Int64", "long": "Int64", "float": "float64", "double": "float64", "string": "string", "boolean": "boolean"}


class MLTable:
    """A parsed MLTable: `files` it names, in order, and whether it says how to read them as a table."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "MLTable")
        if not os.path.isfile(self.path):
            raise JobFailed("The input is an mltable, but its folder has no file 'MLTable'.")
        with open(self.path, encoding="utf-8") as file:
            body = parse(file.read())
        if not isinstance(body, dict) or not isinstance(body.get("paths"), list):
            raise JobFailed("MLTable: it has no list of 'paths'.")
        self.files = [path for entry in body["paths"] for path in files_of(folder, entry)]
        if not self.files:
            raise JobFailed("MLTable: its paths lead to no file.")
        self.steps = [step_of(entry) for entry in body.get("transformations") or []]
        self.is_table = bool(self.steps) and self.steps[0][0] in READERS
        for name, _ in self.steps[1:] if self.is_table else self.steps:
            if name not in STEPS or not (self.is_table or name == PARTITION):
                raise JobFailed("MLTable: the transformation '%s' is not offered here." % name)

    def frames(self):
        """The table as frames of pandas with the file of each, one for each file."""
        pandas = need_pandas()
        (reader, options), steps = self.steps[0], self.steps[1:]
        frames = ((path, self.read(pandas, path, reader, options)) for path in self.files)
        for name, value in steps:
            frames = STEPS[name](self, pandas, frames, value)
        return frames

    def read(self, pandas, path, reader, options):
        try:
            frame = READERS[reader](pandas, path, options)
        except Exception as error:
            raise JobFailed("%s: '%s' can't be read: %s" % (reader, self.relative(path), error))
        if options.get("include_path_column") is True:
            frame.insert(0, "Path", self.relative(path))
        return frame

    def relative(self, path):
        return os.path.relpath(path, self.folder)

    def partition_of(self, path):
        """The columns that the path of a file gives, by `extract_columns_from_partition_format`."""
        columns = {}
        for name, value in self.steps:
            if name == PARTITION:
                columns.update(partition(value, "/" + self.relative(path)))
        return columns


def need_pandas():
    try:
        import pandas
    except ImportError:
        raise JobFailed("The input is a table, and the job's environment has no pandas: add it to its packages.")
    return pandas


def parse(text):
    try:
        import yaml
    except ImportError:
        from .yaml_subset import load

        return load(text)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise JobFailed("MLTable: it is no YAML: %s" % error)


def step_of(entry):
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, dict) and len(entry) == 1:
        name, value = next(iter(entry.items()))
        return name, {} if value is None else value
    raise JobFailed("MLTable: a transformation is a name with its options.")


def files_of(folder, entry):
    if not isinstance(entry, dict) or len(entry) != 1:
        raise JobFailed("MLTable: a path is a 'file', a 'folder' or a 'pattern'.")
    kind, where = next(iter(entry.items()))
    if not isinstance(where, str) or kind not in ("file", "folder", "pattern"):
        raise JobFailed("MLTable: a path is a 'file', a 'folder' or a 'pattern'.")
    if re.match(r"^[a-z][a-z0-9+.-]*://", where, re.I):
        raise JobFailed("MLTable: '%s' lies outside the input; a parallel job here reads what lies in it." % where)
    path = os.path.normpath(os.path.join(folder, where))
    if kind == "file":
        if not os.path.isfile(path):
            raise JobFailed("MLTable: its file '%s' is not there." % where)
        return [path]
    if kind == "folder":
        return [each for each in files_below(path) if each != os.path.join(folder, "MLTable")]
    # The folder's own name is no pattern.
    found = glob.glob(os.path.join(glob.escape(folder), where), recursive=True)
    return sorted(os.path.normpath(each) for each in found if os.path.isfile(each))


def files_below(folder):
    """All files of a folder with their paths, in the order of these."""
    return sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)


def encoding_of(options):
    name = str(options.get("encoding") or "utf8")
    return ENCODINGS.get(name, name)


def read_delimited(pandas, path, options):
    header = str(options.get("header", "all_files_same_headers"))
    has_header = header not in ("no_header", "False", "false")
    frame = pandas.read_csv(
        path,
        sep=options.get("delimiter", ","),
        encoding=encoding_of(options),
        header=0 if has_header else None,
        dtype=None if options.get("infer_column_types", True) else str,
        keep_default_na=not options.get("empty_as_string", False),
    )
    if not has_header:
        frame.columns = ["Column%d" % (at + 1) for at in range(frame.shape[1])]
    return frame


def read_json_lines(pandas, path, options):
    if options.get("invalid_lines", "error") == "error":
        return pandas.read_json(path, lines=True, encoding=encoding_of(options))
    import json

    rows = []
    with open(path, encoding=encoding_of(options)) as file:
        for line in file:
            try:
                rows.append(json.loads(line))
            except ValueError:
                pass  # `invalid_lines: drop`
    return pandas.DataFrame(rows)


def read_parquet(pandas, path, options):
    return pandas.read_parquet(path)


def columns_of(value):
    names = value.get("columns") if isinstance(value, dict) else value
    return [names] if isinstance(names, str) else list(names or [])


def demand(frame, names):
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise JobFailed("MLTable: the table has no column '%s'; it has %s." % (missing[0], ", ".join(map(str, frame.columns))))
    return names


def keep_columns(table, pandas, frames, value):
    return ((path, frame[demand(frame, columns_of(value))]) for path, frame in frames)


def drop_columns(table, pandas, frames, value):
    return ((path, frame.drop(columns=demand(frame, columns_of(value)))) for path, frame in frames)


def take(table, pandas, frames, value):
    left = count_of("take", value)
    for path, frame in frames:
        if left <= 0:
            return
        yield path, frame.head(left)
        left -= len(frame)


def skip(table, pandas, frames, value):
    left = count_of("skip", value)
    for path, frame in frames:
        yield path, frame.iloc[left:]
        left = max(0, left - len(frame))


def count_of(name, value):
    count = value.get("count") if isinstance(value, dict) else value
    if not isinstance(count, int):
        raise JobFailed("MLTable: '%s' needs a number of rows." % name)
    return count


def convert_column_types(table, pandas, frames, value):
    for path, frame in frames:
        for each in value if isinstance(value, list) else [value]:
            kind = each.get("column_type")
            kind = next(iter(kind)) if isinstance(kind, dict) else kind
            for name in demand(frame, columns_of(each)):
                if kind == "datetime":
                    frame[name] = pandas.to_datetime(frame[name])
                elif kind in COLUMN_TYPES:
                    frame[name] = frame[name].astype(COLUMN_TYPES[kind])
                else:
                    raise JobFailed("MLTable: the column type '%s' is not offered here." % kind)
        yield path, frame


def with_partition(table, pandas, frames, value):
    for path, frame in frames:
        yield path, frame.assign(**partition(value, "/" + table.relative(path)))


def partition(value, path):
    """`/{Store}/{Brand}/*.parquet` laid over a path."""
    form = value.get("partition_format") if isinstance(value, dict) else value
    if not isinstance(form, str):
        raise JobFailed("MLTable: '%s' needs a 'partition_format'." % PARTITION)
    names, pattern = [], ""
    for literal, name, star in re.findall(r"([^{}*]+)|\{([^{}]*)\}|(\*+)", form):
        if name and not re.match(r"^[\w ]+$", name):
            raise JobFailed("MLTable: '{%s}' of the partition_format is not offered here: only names are." % name)
        if name:
            names.append(name)
        pattern += re.escape(literal) if literal else "([^/]+?)" if name else ".*" if star == "**" else "[^/]*"
    found = re.search(pattern + "$", path)
    if not found:
        raise JobFailed("MLTable: the partition_format '%s' does not fit '%s'." % (form, path))
    return dict(zip(names, found.groups()))


PARTITION = "extract_columns_from_partition_format"
READERS = {"read_delimited": read_delimited, "read_json_lines": read_json_lines, "read_parquet": read_parquet}
STEPS = {
    "keep_columns": keep_columns,
    "drop_columns": drop_columns,
    "take": take,
    "skip": skip,
    "convert_column_types": convert_column_types,
    PARTITION: with_partition,
}
