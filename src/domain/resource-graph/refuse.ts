import { type Fault, fault } from '../../faults.ts'
import type { Place } from './syntax.ts'

const HEADLINE =
  'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.'

/** A query that can't be read: what stands where something else is due. */
export const unreadable = (place: Place, token: string, expected: string): Fault =>
  refused({
    code: 'ParserFailure',
    message: `ParserFailure at line ${place.line}, position ${place.column}: '${token}' stands where ${expected} is expected.`,
    line: place.line,
    characterPositionInLine: place.column,
    token,
    expectedToken: expected,
  })

/** A query that can be read and makes no sense: a column that is not there, a wrong number of arguments. */
export const senseless = (place: Place, reason: string): Fault =>
  refused({
    code: 'SemanticError',
    message: `${reason} (line ${place.line}, position ${place.column})`,
    line: place.line,
    characterPositionInLine: place.column,
  })

/** A part of the language that is not offered here. */
export const notOffered = (place: Place, what: string): Fault =>
  refused({
    code: 'DisallowedLogicalOperator',
    message: `${what} is not supported by this server's Resource Graph. (line ${place.line}, position ${place.column})`,
    line: place.line,
    characterPositionInLine: place.column,
    token: what,
  })

const refused = (detail: {
  readonly code: string
  readonly message: string
  readonly line: number
  readonly characterPositionInLine: number
  readonly token?: string
  readonly expectedToken?: string
}): Fault =>
  fault('QueryInvalid', { reason: detail.message }, { details: [{ code: 'InvalidQuery', message: HEADLINE }, detail] })
