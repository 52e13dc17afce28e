"""A worker of a deployment: answers requests that come as frames over a Unix socket, one after the other.

    python main.py            with the settings as JSON in LAZULI_WORKER

Standard library only, Python 3.8 and later: it runs in the environment of the user's model and must not change it.
The socket is there at once and answers when the model does; what kept it from that stands in failure.json, and the exit
status is 3. The worker ends when no server has been connected for `orphanSeconds`.
"""
import json
import os
import sys

settings = json.loads(os.environ.pop("LAZULI_WORKER"))
own = os.path.dirname(os.path.abspath(__file__))
# The user's modules must never meet this program's: its folder leaves the path once its package is loaded, and where
# there is no sandbox it is not written to.
if own not in sys.path:
    sys.path.insert(0, own)
writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
from lazuli_scoring import failures, lines, serve, shims  # noqa: E402


shims.install()
lines.install()
listener = serve.listen(settings["folder"], settings["socket"])
if settings["flavour"] == "mlflow":
    from lazuli_scoring.mlflow_model import MlflowModel as Model  # noqa: E402
elif settings["flavour"] == "onnx":
    from lazuli_scoring.onnx_model import OnnxModel as Model  # noqa: E402
else:
    from lazuli_scoring.script_model import ScriptModel as Model  # noqa: E402
sys.dont_write_bytecode = writes
sys.path.remove(own)
try:
    model = Model(settings)
except failures.Failure as failure:
    failure.tell(settings["folder"])
    lines.flush()
    # Threads that the script left behind must not keep a worker that can't answer.
    os._exit(3)
serve.forever(listener, model, settings)
