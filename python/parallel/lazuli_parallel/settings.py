"""What a parallel job is to do.

LAZULI_DRIVER_SETTINGS holds what its declaration says, checked by the server (`src/domain/jobs/parallel-settings.ts` lists
the names). Azure's predefined arguments, which stand among the program's own, are read here, since a blank may fill them:
https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-parallel#predefined-arguments-for-parallel-job
"""
import argparse
import json
import os
import re
import shlex

from .errors import JobFailed

BLANK = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w.-]+)\s*\}\}")
VARIABLES = {"inputs": "AZURE_ML_INPUT_", "outputs": "AZURE_ML_OUTPUT_"}
LONGEST = 259200  # seconds that Azure allows for any of its timeouts
# Written by the declaration or by Azure's clients, and without meaning here: said in the log.
NOT_HONOURED = ("copy_logs_to_parent", "push_metrics_to_parent", "metrics_name_prefix")


def value_of(group, name):
    """What stands for an input or output: a path as a shell would read it, or a literal; None where there is none."""
    return os.environ.get(VARIABLES[group] + name)


def path_of(group, name):
    """The path of an input or output as files are opened by it."""
    value = value_of(group, name)
    if value is None:
        raise JobFailed("The job has no path for '%s.%s'." % (group, name))
    return shlex.split(value)[0] if value.startswith("'") else value


def filled(text):
    """Fills `${{inputs.x}}` and `${{outputs.y}}`; what is in `$[[ … ]]` goes with an input that was not given."""

    def optional(match):
        names = BLANK.findall(match.group(1))
        return match.group(1) if all(value_of(*name) is not None for name in names) else ""

    def one(match):
        value = value_of(match.group(1), match.group(2))
        if value is None:
            raise JobFailed("program_arguments names %s, which the job does not have." % match.group(0))
        return value

    return BLANK.sub(one, re.sub(r"\$\[\[(.*?)\]\]", optional, text, flags=re.S))


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise JobFailed("program_arguments: %s." % message)


def number(kind, least, most, open_below=False):
    """A type for argparse: a number in a range."""

    def read(text):
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError("'%s' is no %s" % (text, "whole number" if kind is int else "number"))
        if value < least or value > most or (open_below and value == least):
            raise argparse.ArgumentTypeError("'%s' is not from %s to %s" % (text, least, most))
        return value

    return read


def flag(text):
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError("'%s' is neither True nor False" % text)
    return text.lower() == "true"


def predefined():
    parser = Parser(allow_abbrev=False, add_help=False)
    count, seconds = number(int, -1, 2 ** 31 - 1), number(float, 0, LONGEST, open_below=True)
    parser.add_argument("--error_threshold", type=count)
    parser.add_argument("--mini_batch_error_threshold", "--allowed_failed_count", dest="allowed_failed_count", type=count)
    parser.add_argument("--allowed_failed_percent", type=number(float, 0, 100), default=100.0)
    parser.add_argument("--run_invocation_timeout", type=seconds)
    parser.add_argument("--run_max_try", type=number(int, 1, 2 ** 31 - 1))
    parser.add_argument("--task_overhead_timeout", type=seconds, default=30.0)
    parser.add_argument("--progress_update_timeout", type=seconds)
    parser.add_argument("--first_task_creation_timeout", type=seconds, default=600.0)
    parser.add_argument("--resource_monitor_interval", type=number(float, 0, 2 ** 31 - 1), default=600.0)
    parser.add_argument("--append_row_file_name")
    parser.add_argument("--append_row_dataframe_sep", default=" ")
    parser.add_argument("--append_row_dataframe_header", type=flag, default=False)
    for name in NOT_HONOURED:
        parser.add_argument("--" + name)
    return parser


class Settings:
    """Everything that master and workers need to know; attributes only."""

    def __init__(self, sent):
        self.input_name = sent["input"]
        self.input_type = sent["inputType"]
        self.size = sent.get("miniBatchSize")  # {"amount": 10, "unit": "" | "bytes" | "rows"} or None
        self.partition_keys = sent.get("partitionKeys") or []
        self.nodes = sent.get("instanceCount", 1)
        self.per_node = sent.get("maxConcurrencyPerInstance") or available_cpus()
        self.logging_level = sent.get("loggingLevel", "INFO")
        self.entry_script = sent["entryScript"]
        self.scoring = sent.get("scoring")  # "mlflow" where the driver's own script scores a model
        self.model = sent.get("model")  # the name of the input that is a model
        self.model_folder = sent.get("modelFolder")  # what its folder was called when it was registered
        self.outputs = sent.get("outputs", {})  # name to type
        try:
            self.arguments = shlex.split(filled(sent.get("programArguments", "")))
        except ValueError as error:
            raise JobFailed("program_arguments can't be split into arguments: %s." % error)
        own = predefined().parse_known_args(self.arguments)[0]
        self.error_threshold = first(own.error_threshold, sent.get("errorThreshold"), -1)
        self.allowed_failed_count = first(own.allowed_failed_count, sent.get("miniBatchErrorThreshold"), -1)
        self.allowed_failed_percent = own.allowed_failed_percent
        self.run_seconds = first(own.run_invocation_timeout, sent.get("timeoutSeconds"), 60)
        self.tries = first(own.run_max_try, 1 + first(sent.get("maxRetries"), 2))
        self.overhead_seconds = own.task_overhead_timeout
        self.first_task_seconds = own.first_task_creation_timeout
        # A worker that hangs is stopped by the limits of its mini-batch; without progress for longer, more is wrong.
        limits = self.first_task_seconds + self.run_seconds + self.overhead_seconds
        self.progress_seconds = first(own.progress_update_timeout, limits)
        self.monitor_seconds = own.resource_monitor_interval
        self.separator = own.append_row_dataframe_sep
        self.header = own.append_row_dataframe_header
        self.rows_file = rows_file(sent.get("appendRowTo"), own.append_row_file_name, self.outputs)
        self.output_folder = output_folder(sent.get("appendRowTo"), self.outputs)
        self.not_honoured = [name for name in NOT_HONOURED if getattr(own, name) not in (None, "False", "false")]


def read_settings():
    return Settings(json.loads(os.environ["LAZULI_DRIVER_SETTINGS"]))


def first(*values):
    return next((value for value in values if value is not None), None)


def available_cpus():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def rows_file(output, file_name, outputs):
    """The file that the rows which run() returns are appended to, or None where the script stores its own."""
    if output is None:
        folders = [name for name, kind in sorted(outputs.items()) if kind != "uri_file"]
        if file_name is None:
            return None
        if len(folders) != 1:
            raise JobFailed("--append_row_file_name needs append_row_to, or one output that is a folder.")
        output = folders[0]
    if outputs[output] == "uri_file":
        return path_of("outputs", output)
    name = file_name or "parallel_run_step.txt"
    if os.path.basename(name) != name or name in (".", ".."):
        raise JobFailed("--append_row_file_name '%s' is no file's name." % name)
    return os.path.join(path_of("outputs", output), name)


def output_folder(append_row_to, outputs):
    """EntryScript().output_dir: the folder that rows go to, else the first output that is a folder."""
    names = [append_row_to] if append_row_to else []
    for name in names + sorted(outputs):
        if outputs[name] != "uri_file":
            return path_of("outputs", name)
    return None
