import { bundlesOf, dataDirectoryOf, dataFlag, savedEnvironment } from '../config.ts'
import { clientEnvironment, undoneEnvironment } from './kit/client-environment.ts'
import { defineCommand } from './kit/command.ts'
import { demandServer } from './kit/demand-server.ts'
import { assignments } from './kit/shell.ts'

export default defineCommand({
  summary: 'Prints the lines that point a shell at the server, for eval; with --undo, those that bring it back.',
  usage: '[--undo] [--data DIR]',
  flags: [dataFlag, { name: 'undo', help: 'print the lines that restore what was there' }],
  async run({ program, values, env, value }) {
    if (value('undo')) {
      const undone = undoneEnvironment(env)
      if (Object.keys(undone).length > 0) console.log(assignments(undone))
      return 0
    }
    const server = await demandServer(program, dataDirectoryOf(values, env))
    const user = bundlesOf(savedEnvironment(env))
    if (user.length > 0) await program.mergeBundles(server.bundle, server.rootCertificate, user)
    console.log(assignments(clientEnvironment(server, env)))
    return 0
  },
})
