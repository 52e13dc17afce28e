"""The script as a runtime of MLServer."""
import json

import score
from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Script(MLModel):
    async def load(self) -> bool:
        score.init()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = payload.inputs[0].data
        values = [rows[at : at + 4] for at in range(0, len(rows), 4)]
        text = json.dumps(score.run(json.dumps({"data": list(values)})))
        return InferenceResponse(model_name=self.name, outputs=[StringCodec.encode_output("out", [text])])
