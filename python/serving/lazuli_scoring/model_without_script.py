"""What models without a script have in common, whatever runs them."""
import json
import os

from . import cors
from .http import json_answer, refuse
from .script_model import ScriptModel, spent_header


class Unfit(Exception):
    """An input that the model can't be asked with."""


class ModelWithoutScript(ScriptModel):
    def __init__(self, settings):
        self.cors = cors.Origins(os.environ.get("AML_CORS_ORIGINS", ""))
        self.plain = False
        self.collects(settings)

    @staticmethod
    def unasked(head):
        """The answer to a method that asks the model nothing."""
        if head.method == "OPTIONS":
            return 200, [("content-type", "text/html; charset=utf-8"), ("x-ms-run-function-failed", "False")], b""
        return None if head.method == "POST" else refuse(405, "Method not allowed")

    @staticmethod
    def value_of(body):
        try:
            return json.loads(body)
        except ValueError as error:
            raise Unfit("Ensure that input is a valid JSON formatted string. Error: %s" % error)

    @staticmethod
    def answered(began, answer):
        headers = [("content-type", "application/json"), ("x-ms-run-function-failed", "False"), spent_header(began)]
        return 200, headers, answer


def bad(message):
    return json_answer(400, {"error_code": "BAD_REQUEST", "message": message})
