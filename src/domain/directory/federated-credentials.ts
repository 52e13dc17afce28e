import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import type { DirectoryChange, DirectoryDeps } from './directory-deps.ts'
import { findObject, putObject } from './directory-object.ts'
import { demandChange } from './directory-rights.ts'
import { demandObject } from './objects.ts'

/** A token of another issuer that an application or a managed identity may sign in with. */
export interface FederatedCredential {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  readonly description: string | null
}

/** Azure's limit for each application. */
const MOST = 20
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/

/** The federated credentials that details hold. */
export const federatedOf = ({ federatedIdentityCredentials }: JsonObject): readonly FederatedCredential[] =>
  Array.isArray(federatedIdentityCredentials)
    ? (federatedIdentityCredentials as unknown as readonly FederatedCredential[])
    : []

/** What is wrong with an issuer; undefined for an https address, and for a plain one of this machine. */
export function issuerFault(issuer: string): string | undefined {
  const url = URL.parse(issuer)
  if (url?.protocol === 'https:' || LOOPBACK.test(issuer)) return undefined
  return `The issuer '${issuer}' is neither an https URL nor an http URL of this machine`
}

/** @throws GraphAccessDenied, GraphBadRequest, GraphConflict, GraphResourceNotFound */
export async function addFederated(
  deps: DirectoryDeps,
  { caller, id, body }: DirectoryChange,
): Promise<FederatedCredential> {
  const application = await demandObject(deps, id, 'application')
  await demandChange(deps, caller, application)
  const made = checked({ ...body, id: randomUUID() })
  await store(deps, application.id, (known) => {
    if (known.length >= MOST)
      throw fault('GraphBadRequest', { reason: `An application has at most ${MOST} federated credentials` })
    if (known.some(({ name }) => name === made.name)) {
      throw fault('GraphConflict', { reason: `FederatedIdentityCredential with name ${made.name} already exists.` })
    }
    demandUnique(known, made)
    return [...known, made]
  })
  return made
}

/** @throws GraphAccessDenied, GraphBadRequest, GraphConflict, GraphResourceNotFound */
export async function changeFederated(
  deps: DirectoryDeps,
  { caller, id, body, credential }: DirectoryChange & { readonly credential: string },
): Promise<void> {
  const application = await demandObject(deps, id, 'application')
  await demandChange(deps, caller, application)
  await store(deps, application.id, (known) => {
    const before = findFederated(known, credential)
    const next = checked({ ...before, ...body, id: before.id, name: before.name })
    demandUnique(
      known.filter(({ id: one }) => one !== before.id),
      next,
    )
    return known.map((one) => (one.id === before.id ? next : one))
  })
  deps.changed()
}

/** @throws GraphAccessDenied, GraphResourceNotFound */
export async function removeFederated(
  deps: DirectoryDeps,
  { caller, id, credential }: Omit<DirectoryChange, 'body'> & { readonly credential: string },
): Promise<void> {
  const application = await demandObject(deps, id, 'application')
  await demandChange(deps, caller, application)
  await store(deps, application.id, (known) => {
    const before = findFederated(known, credential)
    return known.filter((one) => one.id !== before.id)
  })
  deps.changed()
}

/** By its id or its name. @throws GraphResourceNotFound */
export function findFederated(known: readonly FederatedCredential[], credential: string): FederatedCredential {
  const found = known.find(({ id, name }) => id === credential || name === credential)
  if (!found) throw fault('GraphResourceNotFound', { id: credential })
  return found
}

async function store(
  deps: DirectoryDeps,
  id: string,
  change: (known: readonly FederatedCredential[]) => readonly FederatedCredential[],
): Promise<void> {
  await deps.store.write(async (within: Repositories) => {
    const object = await findObject(within, id, 'application')
    if (!object) throw fault('GraphResourceNotFound', { id })
    const next = change(federatedOf(object.details)).map((one) => ({ ...one }))
    await putObject(within, {
      ...object,
      details: { ...object.details, federatedIdentityCredentials: next as readonly Json[] },
    })
  })
}

function demandUnique(others: readonly FederatedCredential[], { issuer, subject }: FederatedCredential): void {
  if (others.some((one) => one.issuer === issuer && one.subject === subject)) {
    throw fault('GraphConflict', {
      reason: 'FederatedIdentityCredential with the same issuer and subject already exists.',
    })
  }
}

function checked(sent: JsonObject): FederatedCredential {
  const text = (property: string): string => {
    const value = textAt(sent[property])
    if (!value || value.length > 600) {
      throw fault('GraphBadRequest', { reason: `Property ${property} is missing, or longer than 600 characters` })
    }
    return value
  }
  const [name, issuer, subject] = [text('name'), text('issuer'), text('subject')]
  if (!/^[\w-]{3,120}$/.test(name)) {
    throw fault('GraphBadRequest', {
      reason: 'The name of a federated credential has 3 to 120 letters, digits, - or _',
    })
  }
  const wrong = issuerFault(issuer)
  if (wrong) throw fault('GraphBadRequest', { reason: wrong })
  const { audiences } = sent
  if (!Array.isArray(audiences) || audiences.length !== 1 || typeof audiences[0] !== 'string') {
    throw fault('GraphBadRequest', { reason: 'The federated credential must have exactly one audience' })
  }
  if (isObject(sent.claimsMatchingExpression)) {
    throw fault('GraphBadRequest', { reason: 'claimsMatchingExpression is not evaluated here: name a subject' })
  }
  return {
    id: textAt(sent.id) ?? '',
    name,
    issuer,
    subject,
    audiences: [audiences[0]],
    description: textAt(sent.description) ?? null,
  }
}
