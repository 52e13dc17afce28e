import { dataDirectoryOf, dataFlag } from '../config.ts'
import { defineCommand } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: "Writes a workspace's experiments, runs, artifacts and registered models as a folder 'mlruns'.",
  usage: 'FOLDER [--workspace NAME] [--data DIR]',
  flags: [dataFlag, { name: 'workspace', value: 'NAME', help: 'of which: a name, or group/name (default: default)' }],
  args: { least: 1, most: 1 },
  async run({ program, values, env, args, value }) {
    const [folder = ''] = args
    const [{ exportMlflow }, { trackingOf }] = await Promise.all([
      import('./kit/mlflow/export.ts'),
      import('./kit/mlflow/tracking.ts'),
    ])
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const workspace = value('workspace')
    const tracking = await trackingOf(server, typeof workspace === 'string' ? workspace : 'default')
    const done = await exportMlflow(tracking, folder)
    console.log(
      `${done.experiments} experiments, ${done.runs} runs, ${done.points} points, ${done.artifacts} artifacts, ${done.versions} model versions`,
    )
    return 0
  },
})
