import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fillBlanks, inShell } from './blanks.ts'

const fillings = { inputs: { data: '/in', lr: '0.1 0.2' }, outputs: { out: '/out' } }

describe('blanks of a command', () => {
  for (const { name, command, becomes } of [
    { name: 'inputs and outputs', command: 'a ${{inputs.data}} ${{ outputs.out }}', becomes: 'a /in /out' },
    { name: 'a literal to the letter', command: '--lr ${{inputs.lr}}', becomes: '--lr 0.1 0.2' },
    { name: 'an optional part that is given', command: 'a $[[--lr ${{inputs.lr}}]] b', becomes: 'a --lr 0.1 0.2 b' },
    { name: 'an optional part that is not', command: 'a $[[--x ${{inputs.x}}]] b', becomes: 'a  b' },
    {
      name: 'the shell’s own braces',
      command: 'echo ${HOME} $((1+1)) [[ a ]]',
      becomes: 'echo ${HOME} $((1+1)) [[ a ]]',
    },
  ])
    test(name, () => assert.equal(fillBlanks(command, fillings), becomes))

  for (const command of ['${{inputs.gone}}', '${{outputs.data}}', '${{inputs.constructor}}'])
    test(`${command} is refused`, () =>
      assert.throws(() => fillBlanks(command, fillings), /which the job does not have/))

  test('a path with odd characters is quoted', () => {
    assert.equal(inShell('/plain/path-1.csv'), '/plain/path-1.csv')
    assert.equal(inShell("/it's here"), `'/it'\\''s here'`)
  })
})
