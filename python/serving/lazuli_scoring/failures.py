"""What keeps a worker from answering at all, told to the server by a file."""
import json
import os
import traceback

from . import lines


class Failure(Exception):
    """`reason` is one of the words of DeploymentFailure in src/serving/engine.ts."""

    def __init__(self, reason, message, cause=None):
        super().__init__(message)
        self.reason, self.message, self.cause = reason, message, cause

    def tell(self, folder):
        lines.log("E", "azmlinfsrv", self.message)
        if self.cause is not None:
            text = traceback.format_exception(type(self.cause), self.cause, self.cause.__traceback__)
            lines.log("E", "azmlinfsrv", "".join(text).rstrip())
        temporary = os.path.join(folder, ".failure.json")
        with open(temporary, "w") as file:
            json.dump({"reason": self.reason, "message": self.message}, file)
        os.rename(temporary, os.path.join(folder, "failure.json"))


def words(error):
    """An exception as the last line of its traceback has it."""
    return "".join(traceback.format_exception_only(type(error), error)).strip().split("\n")[-1]
