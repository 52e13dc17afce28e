import assert from 'node:assert/strict'
import { test } from 'node:test'
import { likelyCause } from './likely-cause.ts'

for (const { name, exitCode = 1, tail = '', says } of [
  { name: 'a module', tail: "ModuleNotFoundError: No module named 'lightgbm'", says: /'lightgbm'.*conda file/ },
  { name: 'a command', exitCode: 127, tail: '/bin/bash: line 1: nosuch: command not found', says: /'nosuch'/ },
  {
    name: 'a script',
    exitCode: 2,
    tail: "python: can't open file '/x/train.py': [Errno 2]",
    says: /'\/x\/train\.py'.*code folder/,
  },
  { name: 'memory by Python', tail: 'MemoryError', says: /more memory/ },
  { name: 'memory by the kernel', exitCode: 137, says: /SIGKILL.*memory/ },
  { name: 'an argument', exitCode: 2, tail: 'train.py: error: unrecognized arguments: --lr 0.1', says: /'--lr 0\.1'/ },
  { name: 'a replacement pattern', tail: "FileNotFoundError: [Errno 2] No such file: '$&'", says: /'\$&'/ },
] as { name: string; exitCode?: number; tail?: string; says: RegExp }[])
  test(`the likely cause names ${name}`, () => {
    assert.match(likelyCause({ exitCode, tail }) ?? '', says)
  })

test('what tells nothing has no cause', () => {
  assert.equal(likelyCause({ exitCode: 3, tail: 'no such column' }), undefined)
})
