import type { Ask } from './beside.ts'

/** Score scripts that are served by Microsoft's inference server and by ours, and what both are asked. */
export interface Case {
  readonly name: string
  readonly script: string
  readonly variables?: Readonly<Record<string, string>>
  /** Further files of the code folder. */
  readonly files?: Readonly<Record<string, string>>
  readonly asks: readonly Ask[]
}

const json = { 'content-type': 'application/json' }

/** What every kind of script is asked. */
const everywhere: readonly Ask[] = [
  { why: 'the health page', method: 'GET', target: '/' },
  { why: 'a path that is none', method: 'GET', target: '/nowhere' },
  { why: 'a path with a slash too much', method: 'POST', target: '/score/', headers: json, body: '{}' },
  { why: 'a verb that is none of the path', method: 'PUT', target: '/score', headers: json, body: '{}' },
  { why: 'a verb that is none of the health page', method: 'POST', target: '/', headers: json, body: '{}' },
  { why: 'swagger without a version', method: 'GET', target: '/swagger.json' },
  { why: 'swagger 3', method: 'GET', target: '/swagger.json?version=3' },
  { why: 'swagger 3.1', method: 'GET', target: '/swagger.json?version=3.1' },
  { why: 'swagger of no version', method: 'GET', target: '/swagger.json?version=4' },
  { why: 'OPTIONS', method: 'OPTIONS', target: '/score' },
]

const bodies: readonly Ask[] = [
  { why: 'JSON', headers: json, body: '{"data": [[1, 2], [3, 4]]}' },
  { why: 'what is no JSON', headers: json, body: '{"data": ' },
  { why: 'no body', headers: json, body: '' },
  { why: 'a list', headers: json, body: '[1, 2]' },
  { why: 'text', headers: { 'content-type': 'text/plain' }, body: 'hello' },
  { why: 'no content type', headers: {}, body: '{"data": [[5]]}' },
  {
    why: 'a form, as curl -d sends it',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '{"data": [[5]]}',
  },
  { why: 'bytes that are no UTF-8', headers: json, body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) },
  { why: 'letters beyond ASCII', headers: json, body: '{"data": "zażółć 🙂"}' },
  { why: 'a query', method: 'GET', target: '/score?data=1&data=two&other=[1,2]&empty=' },
  {
    why: 'names of the request',
    headers: { ...json, 'x-request-id': 'abc', 'x-ms-client-request-id': 'def' },
    body: '{"data": 1}',
  },
  {
    why: 'the old name of the request',
    headers: { ...json, 'x-request-id': 'abc', 'x-ms-request-id': 'old' },
    body: '{"data": 1}',
  },
  { why: 'a name that is too long', headers: { ...json, 'x-request-id': 'a'.repeat(101) }, body: '{"data": 1}' },
  {
    why: 'a client name that is too long',
    headers: { ...json, 'x-request-id': 'b', 'x-ms-client-request-id': 'a'.repeat(101) },
    body: '{"data": 1}',
  },
  { why: 'TraceId', headers: { ...json, TraceId: 'trace-1' }, body: '{"data": 1}' },
]

const raw = [
  'from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp',
  'from azureml_inference_server_http.api.aml_response import AMLResponse',
  'def init():',
  '    pass',
  '@rawhttp',
  'def run(request):',
  '    if request.method == "GET":',
  '        return AMLResponse(str(dict(request.args)), 200)',
  '    what = request.get_data()',
  '    if what == b"json": return AMLResponse({"a": [1]}, 201, json_str=True)',
  '    if what == b"image": return AMLResponse(b"\\x00\\x01", 200, {"Content-Type": "image/png", "X-Many": "a, b"})',
  '    if what == b"none": return AMLResponse(None, 204)',
  '    if what == b"teapot": return AMLResponse("no coffee", 418)',
  '    if what == b"bad": return AMLResponse("bad", 503, {"Retry-After": "7"})',
  '    if what == b"stream": return AMLResponse((c for c in [b"one ", b"two"]), 200, {"Content-Type": "text/event-stream"})',
  '    if what == b"plain": return {"plain": True}',
  '    if what == b"files": return sorted(f.filename for f in request.files.values())',
  '    if what == b"raise": raise KeyError("x")',
  '    return [request.method, request.path, request.content_type, request.headers.get("x-mine"), len(what)]',
].join('\n')

export const cases: readonly Case[] = [
  {
    name: 'plain',
    script:
      'import json\ndef init():\n    pass\ndef run(data):\n    try:\n        return [json.loads(data), len(data)]\n    except ValueError:\n        return data\n',
    asks: [...everywhere, ...bodies],
  },
  {
    name: 'outputs',
    script: [
      'import decimal',
      'def init():',
      '    pass',
      'def run(data):',
      '    if data == "none": return None',
      '    if data == "nan": return float("nan")',
      '    if data == "text": return "te\\u00dft"',
      '    if data == "bytes": return b"raw"',
      '    if data == "set": return {1}',
      '    if data == "exit": raise SystemExit(1) if False else RuntimeError("left")',
      '    if data == "flask":',
      '        import flask',
      '        return flask.Response("<b>hi</b>", status=202, headers={"x-a": "b"})',
      '    if data == "decode": return b"\\xff".decode("utf-8")',
      '    return (1, True, 1.5)',
    ].join('\n'),
    asks: ['none', 'nan', 'text', 'bytes', 'set', 'exit', 'flask', 'decode', 'tuple'].map((body) => ({
      why: `an output that is ${body}`,
      headers: { ...json, 'x-request-id': 'r' },
      body,
    })),
  },
  {
    name: 'headers',
    script:
      'def init():\n    pass\ndef run(data, request_headers):\n    return {k: request_headers[k] for k in ("X-Mine", "Content-Type")}\n',
    asks: [{ why: 'headers of its own', headers: { ...json, 'x-mine': 'yes' }, body: '1' }],
  },
  {
    name: 'raw',
    script: raw,
    asks: [
      ...everywhere.slice(0, 5),
      ...['json', 'image', 'none', 'teapot', 'bad', 'stream', 'plain', 'raise', 'other'].map((body) => ({
        why: `raw ${body}`,
        headers: { 'content-type': 'application/octet-stream', 'x-mine': 'yes', 'x-request-id': 'r' },
        body,
      })),
      { why: 'raw GET', method: 'GET', target: '/score?a=1&a=2&b=' },
    ],
  },
  {
    name: 'schema',
    script: [
      'import numpy as np',
      'import pandas as pd',
      'from inference_schema.schema_decorators import input_schema, output_schema',
      'from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType',
      'from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType',
      'from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType',
      'def init():',
      '    pass',
      '@input_schema("frame", PandasParameterType(pd.DataFrame({"a": [1], "b": ["x"]})))',
      '@input_schema("data", NumpyParameterType(np.array([[1.0, 2.0]])))',
      '@input_schema("factor", StandardPythonParameterType(2))',
      '@output_schema(NumpyParameterType(np.array([1.0])))',
      'def run(data, frame, factor=3):',
      '    return (data.sum(axis=1) * factor + frame.a.sum()).tolist()',
    ].join('\n'),
    asks: [
      ...everywhere,
      ...bodies,
      { why: 'all arguments', headers: json, body: '{"data": [[1, 2]], "frame": [{"a": 1, "b": "x"}], "factor": 2}' },
      { why: 'a default', headers: json, body: '{"data": [[1, 2]], "frame": [{"a": 1, "b": "x"}]}' },
      { why: 'an argument that is missing', headers: json, body: '{"data": [[1, 2]]}' },
      { why: 'an argument of the wrong form', headers: json, body: '{"data": "x", "frame": []}' },
      {
        why: 'a kind of JSON',
        headers: { 'content-type': 'application/vnd.x+json; charset=utf-8' },
        body: '{"data": [[1, 2]], "frame": [{"a": 1, "b": "x"}]}',
      },
    ],
  },
  {
    name: 'own-swagger-and-cors',
    script: 'def init():\n    pass\ndef run(data):\n    return 1\n',
    files: { 'swagger2.json': '{"swagger": "2.0", "mine": true}' },
    variables: { AML_CORS_ORIGINS: 'https://a.example, https://b.example' },
    asks: [
      { why: 'its own swagger', method: 'GET', target: '/swagger.json?version=2' },
      { why: 'an origin that may', headers: { ...json, origin: 'https://b.example' }, body: '1' },
      { why: 'an origin that may not', headers: { ...json, origin: 'https://c.example' }, body: '1' },
      {
        why: 'what a browser asks first',
        method: 'OPTIONS',
        headers: {
          origin: 'https://a.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      },
    ],
  },
  {
    name: 'limit',
    script: 'import time\ndef init():\n    pass\ndef run(data):\n    time.sleep(float(data))\n    return 1\n',
    variables: { SCORING_TIMEOUT_MS: '200' },
    asks: [
      { why: 'within its limit', headers: json, body: '0' },
      { why: 'beyond its limit', headers: json, body: '5' },
      { why: 'after that', headers: json, body: '0' },
    ],
  },
]
