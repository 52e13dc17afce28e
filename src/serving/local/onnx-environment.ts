import type { EnvironmentSpec } from '../../compute/engine.ts'

/**
 * What runs ONNX models that come without a script: Microsoft's runtime in a worker like any other.
 *
 * Not `onnxruntime-node` in the server's own process: native code would read strangers' models outside of any sandbox,
 * and the package is 247 MB whose install script loads more from elsewhere.
 */
export const onnxEnvironment: EnvironmentSpec = {
  id: 'lazuli/onnx',
  condaFile: JSON.stringify({ name: 'onnx', dependencies: ['python', 'pip', { pip: ['onnxruntime==1.23.2'] }] }),
  variables: {},
}
