import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findInterpreter } from './interpreters.ts'
import { pythonRequest } from './python-version.ts'

const folder = mkdtempSync(join(tmpdir(), 'lazuli-interpreters-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A Python as the machine has it that answers who it is, of a version that no other is of. */
const program = join(folder, 'python3.66')
const options = { allowSubstitute: false, searchPath: folder }

test('an interpreter that goes is known to be gone at once, and one that comes after that is found', async () => {
  const answer = (at: string) => writeFileSync(at, `#!/bin/sh\nprintf '%s\\n' "$0" ${folder} 3.66.0\n`, { mode: 0o755 })
  answer(program)
  const wish = pythonRequest('python=3.66')
  assert.equal((await findInterpreter(wish, options)).interpreter.executable, program)
  rmSync(program)
  await assert.rejects(findInterpreter(wish, options), /python=?\s?3\.66.* is not on this machine/i)
  const other = mkdtempSync(join(folder, 'other-'))
  answer(join(other, 'python3.66'))
  const { interpreter } = await findInterpreter(wish, { ...options, searchPath: other })
  assert.equal(interpreter.executable, join(other, 'python3.66'))
})
