"""`from azureml_user.parallel_run import EntryScript`, as entry scripts for Azure have it.

One object for a worker process: its logger writes to logs/user/entry_script_log/NODE/PROCESS.log.txt.
"""
import logging
import os


class EntryScript:
    """What an entry script may ask about the job that it runs in."""

    _only = None

    def __new__(cls, *_, **__):
        if cls._only is None:
            cls._only = super(EntryScript, cls).__new__(cls)
        return cls._only

    def __init__(self, logging_level=None):
        if logging_level is not None:
            self.logger.setLevel(logging_level)

    def __reduce__(self):
        return (self.__class__, ())

    @property
    def agent_name(self):
        """`process000` and so on; the same after a worker process was replaced."""
        return os.environ["AZUREML_PARALLEL_PROCESS"]

    @property
    def node_id(self):
        return os.environ["AZUREML_PARALLEL_NODE"]

    @property
    def logging_level(self):
        return os.environ["AZUREML_PARALLEL_LOGGING_LEVEL"]

    @property
    def working_dir(self):
        return os.environ["AZUREML_PARALLEL_WORKING_DIR"]

    @property
    def entry_script_dir(self):
        return os.environ["AZUREML_PARALLEL_SCRIPT_DIR"]

    @property
    def log_dir(self):
        folder = os.path.join(self.working_dir, "logs", "user", "entry_script_log", self.node_id)
        os.makedirs(folder, exist_ok=True)
        return folder

    @property
    def output_dir(self):
        folder = os.environ.get("AZUREML_PARALLEL_OUTPUT_DIR")
        if folder is None:
            raise RuntimeError("The job has no output that is a folder.")
        return folder

    @property
    def logger(self):
        logger = logging.getLogger("ParallelRunStep")
        if not logger.handlers:
            handler = logging.FileHandler(os.path.join(self.log_dir, self.agent_name + ".log.txt"))
            handler.setFormatter(logging.Formatter("%(asctime)s|%(name)s|%(funcName)s()|%(levelname)s|%(message)s"))
            logger.addHandler(handler)
            logger.setLevel(self.logging_level)
            logger.propagate = False
        return logger
