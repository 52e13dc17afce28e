"""azure-ai-ml's own poller on an operation that is held open while the server is killed with SIGKILL and started again."""
import json, os, pathlib, signal, subprocess, tempfile, time

from azure.ai.ml._utils._azureml_polling import AzureMLPolling
from azure.core import PipelineClient
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, RetryPolicy
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest
from azure.mgmt.core.policies import ARMHttpLoggingPolicy

root = pathlib.Path(__file__).resolve().parents[3]
data = tempfile.mkdtemp(prefix="lazuli-held-")
releases = pathlib.Path(tempfile.mkdtemp(prefix="lazuli-releases-"))


def start(port):
    script = root / "test" / "support" / "arm-process.ts"
    command = [root / "bin" / "node", script, data, root / "test" / "fixtures" / "providers", str(port)]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, env={**os.environ, "LAZULI_TEST_RELEASES": str(releases)})
    return process, json.loads(process.stdout.readline())


process, told = start(0)
base = f"http://127.0.0.1:{told['port']}"


policies = [
    RequestIdPolicy(),
    RetryPolicy(retry_total=10, retry_backoff_factor=0.2),
    # The credential's own policy sends a token over TLS alone; this engine listens on loopback without.
    HeadersPolicy({"Authorization": f"Bearer {told['token']}"}),
    ARMHttpLoggingPolicy(),
]
client = PipelineClient(base, policies=policies)
group = f"{told['subscription']}/resourceGroups/held"


def put(path, version, body):
    request = HttpRequest("PUT", f"{base}{path}?api-version={version}", json=body)
    return client._pipeline.run(request)


try:
    assert put(group, "2021-04-01", {"location": "eastus"}).http_response.status_code == 201
    seen = []

    class Watched(AzureMLPolling):
        def update_status(self):
            super().update_status()
            seen.append(self._status)

    def begin(name, properties):
        path = f"{group}/providers/Contoso.Slow/things/{name}"
        first = put(path, "2024-01-01", {"location": "eastus", "properties": properties})
        first.http_response.raise_for_status()
        method = Watched(0.2)
        return first, LROPoller(client, first, lambda last: json.loads(last.http_response.text()), method)

    def wait_for(condition):
        until = time.time() + 30
        while not condition():
            assert time.time() < until and not poller.done(), (seen, poller._exception)
            time.sleep(0.05)

    first, poller = begin("one", {"seconds": 0, "held": "made"})
    assert first.http_response.status_code == 201
    print("\nok   PUT answered 201 with Azure-AsyncOperation", first.http_response.headers["Azure-AsyncOperation"] != "")
    wait_for(lambda: len(seen) > 0)
    assert seen[-1] == "InProgress"
    print("\nok   the poller sees InProgress")

    process.send_signal(signal.SIGKILL)
    process.wait()
    polled = len(seen)
    process, told = start(told["port"])
    wait_for(lambda: len(seen) > polled)
    assert seen[polled] == "InProgress", seen
    print("\nok   killed, started again, the poller sees InProgress")

    (releases / "one.made").touch()
    result = poller.result(60)
    assert poller.status() == "Succeeded" and result["properties"]["provisioningState"] == "Succeeded", result
    print("\nok   the poller ends with Succeeded and the resource")

    _, failing = begin("two", {"seconds": 1, "fails": True})
    try:
        failing.result(60)
        raise SystemExit("FAIL the poller did not raise")
    except Exception as error:
        assert "two was told to fail" in str(error), error
    print("\nok   a failure reaches the client with its sentence")
finally:
    process.kill()
