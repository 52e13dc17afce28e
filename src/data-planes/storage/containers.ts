import { demandForRead } from '../../blobs/conditions.ts'
import {
  createContainer as create,
  removeContainer,
  restoreContainer,
  setContainerAccess,
  setContainerMetadata,
} from '../../blobs/containers.ts'
import { containerFor } from '../../blobs/contents.ts'
import { fault } from '../../faults.ts'
import type { AccessPolicy, ContainerRow } from '../../store/blobs.ts'
import { answer, answerXml, containerHeaders, stampHeaders } from './answers.ts'
import { type Call, containerOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { missing, receiveText } from './receive-body.ts'
import { readConditions, readMetadata } from './request-headers.ts'
import { childOf, element, parseXml, XML, type XmlNode } from './xml.ts'

const ACL_BYTES = 64 * 1024
const POLICIES = 5

/** Create Container. */
export async function createContainer({ core }: Plane, call: GrantedCall): Promise<void> {
  const publicAccess = readPublicAccess(call)
  const made = await create(core, containerOf(call), { metadata: readMetadata(call), publicAccess })
  answer(call, 201, stampHeaders(made))
}

/** @throws InvalidHeaderValue, PublicAccessNotPermitted */
function readPublicAccess(call: Call): 'container' | 'blob' | undefined {
  const asked = header(call, 'x-ms-blob-public-access')
  if (asked === undefined || asked === '') return undefined
  if (asked !== 'container' && asked !== 'blob')
    throw fault('InvalidHeaderValue', { header: 'x-ms-blob-public-access' })
  if (!call.account.allowsPublicAccess) throw fault('PublicAccessNotPermitted')
  return asked
}

/** Restore Container: the path names what it is to be called. */
export async function undeleteContainer({ core }: Plane, call: GrantedCall): Promise<void> {
  const name = header(call, 'x-ms-deleted-container-name')
  const version = header(call, 'x-ms-deleted-container-version')
  if (name === undefined) throw missing('x-ms-deleted-container-name')
  if (version === undefined) throw missing('x-ms-deleted-container-version')
  await restoreContainer(core, containerOf(call), { name, version })
  answer(call, 201)
}

/** Delete Container. */
export async function deleteContainer({ core }: Plane, call: GrantedCall): Promise<void> {
  await removeContainer(core, containerOf(call), readConditions(call))
  answer(call, 202)
}

const stored = ({ core }: Plane, call: GrantedCall): Promise<ContainerRow> => {
  const { account, container } = containerOf(call)
  return containerFor(core.rows, account, container)
}

/** Get Container Properties, and Get Container Metadata. */
export async function getContainer(plane: Plane, call: GrantedCall): Promise<void> {
  const container = await stored(plane, call)
  demandForRead(container, readConditions(call), { now: plane.core.now().getTime(), of: 'Container' })
  answer(call, 200, containerHeaders(container))
}

/** Set Container Metadata. */
export async function setMetadata({ core }: Plane, call: GrantedCall): Promise<void> {
  const changed = await setContainerMetadata(core, containerOf(call), readMetadata(call), readConditions(call))
  answer(call, 200, stampHeaders(changed))
}

/** Get Container ACL. */
export async function getAcl(plane: Plane, call: GrantedCall): Promise<void> {
  const container = await stored(plane, call)
  const policies = container.policies.map(({ id, start, expiry, permissions }) => {
    const parts = [
      start === undefined ? '' : element('Start', start),
      expiry === undefined ? '' : element('Expiry', expiry),
      permissions === undefined ? '' : element('Permission', permissions),
    ]
    return `<SignedIdentifier>${element('Id', id)}<AccessPolicy>${parts.join('')}</AccessPolicy></SignedIdentifier>`
  })
  answerXml(call, `${XML}<SignedIdentifiers>${policies.join('')}</SignedIdentifiers>`, {
    ...stampHeaders(container),
    ...(container.publicAccess && { 'x-ms-blob-public-access': container.publicAccess }),
  })
}

/** Set Container ACL: public access, and the policies that a SAS may name. */
export async function setAcl(plane: Plane, call: GrantedCall): Promise<void> {
  const publicAccess = readPublicAccess(call)
  const conditions = readConditions(call)
  const text = await receiveText(plane, call, ACL_BYTES)
  const policies = text.trim() === '' ? [] : parseXml(text).children.map(readPolicy)
  if (policies.length > POLICIES) throw fault('InvalidXmlDocument')
  answer(
    call,
    200,
    stampHeaders(await setContainerAccess(plane.core, containerOf(call), { publicAccess, policies }, conditions)),
  )
}

function readPolicy(node: XmlNode): AccessPolicy {
  const id = childOf(node, 'Id')?.text ?? ''
  if (node.name !== 'SignedIdentifier' || id === '' || id.length > 64) throw fault('InvalidXmlDocument')
  const policy = childOf(node, 'AccessPolicy')
  const one = (name: string): string | undefined => (policy && childOf(policy, name)?.text) || undefined
  const [start, expiry, permissions] = [one('Start'), one('Expiry'), one('Permission')]
  return { id, ...(start && { start }), ...(expiry && { expiry }), ...(permissions && { permissions }) }
}
