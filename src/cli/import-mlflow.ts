import { dataDirectoryOf, dataFlag } from '../config.ts'
import { defineCommand, Refusal } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'

export default defineCommand({
  summary: "Brings an MLflow store into a workspace: an SQLite file, or a folder 'mlruns'.",
  usage: 'SOURCE [--workspace NAME] [--artifacts DIR] [--leave] [--data DIR]',
  flags: [
    dataFlag,
    { name: 'workspace', value: 'NAME', help: 'into which: a name, or group/name (default: default)' },
    { name: 'artifacts', value: 'DIR', help: 'where mlflow-artifacts:/ of the source lies' },
    { name: 'leave', help: 'go on where the source has things that are not brought (traces, logged models, webhooks)' },
  ],
  args: { least: 1, most: 1 },
  async run({ program, values, env, args, value }) {
    const [source = ''] = args
    const [{ importMlflow, kindOf }, { trackingOf }, { sqliteSource }, { folderSource }] = await Promise.all([
      import('./kit/mlflow/import.ts'),
      import('./kit/mlflow/tracking.ts'),
      import('./kit/mlflow/sqlite-source.ts'),
      import('./kit/mlflow/folder-source.ts'),
    ])
    const path = source.replace(/^sqlite:\/\/\//, '')
    if (/^[a-z][a-z0-9+]+:\/\//i.test(path)) {
      throw new Refusal(
        `${source.replace(/\/\/.*@/, '//…@')} can't be read: sources are SQLite files and folders. 'mlflow db' and a dump bring other databases into SQLite.`,
      )
    }
    const kind = kindOf(path)
    if (kind === 'missing') throw new Refusal(`There is no ${path}.`)
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const opened = kind === 'folder' ? folderSource(path) : sqliteSource(path)
    try {
      const left = Object.entries(opened.left).map(([what, count]) => `${count} ${what}`)
      if (left.length > 0 && !value('leave')) {
        throw new Refusal(`The source has ${left.join(', ')}, which are not brought. --leave goes on without them.`)
      }
      const workspace = value('workspace')
      const artifacts = value('artifacts')
      const done = await importMlflow(
        opened,
        await trackingOf(server, typeof workspace === 'string' ? workspace : 'default'),
        {
          ...(typeof artifacts === 'string' && { artifacts }),
          say: (text) => console.error(text),
        },
      )
      console.log(
        `${done.experiments} experiments, ${done.runs} runs, ${done.points} points, ${done.artifacts} artifacts, ${done.versions} model versions${left.length > 0 ? `; left: ${left.join(', ')}` : ''}`,
      )
      return 0
    } finally {
      opened.close()
    }
  },
})
