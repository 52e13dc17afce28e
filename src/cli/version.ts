import { dataFlag } from '../config.ts'
import { defineCommand } from './kit/command.ts'

export default defineCommand({
  summary: "Prints Lazuli's version.",
  usage: '[--data DIR]',
  flags: [dataFlag],
  async run({ program }) {
    console.log(program.version)
    return 0
  },
})
