import { type Role, role } from '../role.ts'

const ACCOUNTS = 'Microsoft.Storage/storageAccounts'
const CONTAINERS = `${ACCOUNTS}/blobServices/containers`
const QUEUES = `${ACCOUNTS}/queueServices/queues`
const TABLES = `${ACCOUNTS}/tableServices/tables`
const FILES = `${ACCOUNTS}/fileServices/fileshares/files`
const DELEGATION = `${ACCOUNTS}/blobServices/generateUserDelegationKey/action`

const each = (base: string, verbs: readonly string[]): readonly string[] => verbs.map((verb) => `${base}/${verb}`)

const blobs: readonly Role[] = [
  role(
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    'Storage Blob Data Owner',
    'Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.',
    { actions: [`${CONTAINERS}/*`, DELEGATION], dataActions: [`${CONTAINERS}/blobs/*`] },
  ),
  role(
    'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    'Storage Blob Data Contributor',
    'Allows for read, write and delete access to Azure Storage blob containers and data.',
    {
      actions: [...each(CONTAINERS, ['delete', 'read', 'write']), DELEGATION],
      dataActions: each(`${CONTAINERS}/blobs`, ['delete', 'read', 'write', 'move/action', 'add/action']),
    },
  ),
  role(
    '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    'Storage Blob Data Reader',
    'Allows for read access to Azure Storage blob containers and data.',
    { actions: [`${CONTAINERS}/read`, DELEGATION], dataActions: [`${CONTAINERS}/blobs/read`] },
  ),
  role(
    'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
    'Storage Blob Delegator',
    'Allows for generation of a user delegation key which can be used to sign SAS tokens.',
    { actions: [DELEGATION] },
  ),
]

const queues: readonly Role[] = [
  role(
    '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
    'Storage Queue Data Contributor',
    'Allows for read, write, and delete access to Azure Storage queues and queue messages.',
    {
      actions: each(QUEUES, ['delete', 'read', 'write']),
      dataActions: each(`${QUEUES}/messages`, ['delete', 'read', 'write', 'process/action']),
    },
  ),
  role(
    '8a0f0c08-91a1-4084-bc3d-661d67233fed',
    'Storage Queue Data Message Processor',
    'Allows for peek, receive, and delete access to Azure Storage queue messages.',
    { dataActions: each(`${QUEUES}/messages`, ['read', 'process/action']) },
  ),
  role(
    'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a',
    'Storage Queue Data Message Sender',
    'Allows for sending of Azure Storage queue messages.',
    { dataActions: [`${QUEUES}/messages/add/action`] },
  ),
  role(
    '19e7f393-937e-4f77-808e-94535e297925',
    'Storage Queue Data Reader',
    'Allows for read access to Azure Storage queues and queue messages.',
    { actions: [`${QUEUES}/read`], dataActions: [`${QUEUES}/messages/read`] },
  ),
]

const tables: readonly Role[] = [
  role(
    '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
    'Storage Table Data Contributor',
    'Allows for read, write and delete access to Azure Storage tables and entities.',
    {
      actions: each(TABLES, ['read', 'write', 'delete']),
      dataActions: each(`${TABLES}/entities`, ['read', 'write', 'delete', 'add/action', 'update/action']),
    },
  ),
  role(
    '76199698-9eea-4c19-bc75-cec21354c6b6',
    'Storage Table Data Reader',
    'Allows for read access to Azure Storage tables and entities.',
    { actions: [`${TABLES}/read`], dataActions: [`${TABLES}/entities/read`] },
  ),
]

const files: readonly Role[] = [
  role(
    '0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb',
    'Storage File Data SMB Share Contributor',
    'Allows for read, write, and delete access in Azure Storage file shares over SMB.',
    { dataActions: each(FILES, ['read', 'write', 'delete']) },
  ),
  role(
    'a7264617-510b-434b-a828-9731dc254ea7',
    'Storage File Data SMB Share Elevated Contributor',
    'Allows for read, write, delete and modify NTFS permission access in Azure Storage file shares over SMB.',
    { dataActions: each(FILES, ['read', 'write', 'delete', 'modifypermissions/action']) },
  ),
  role(
    'aba4ae5f-2193-4029-9191-0cb91df5e314',
    'Storage File Data SMB Share Reader',
    'Allows for read access to Azure File Share over SMB.',
    { dataActions: [`${FILES}/read`] },
  ),
  role(
    '69566ab7-960f-475b-8e7c-b3118f30c6bd',
    'Storage File Data Privileged Contributor',
    'Customer has read, write, delete and modify NTFS permission access on Azure Storage file shares.',
    {
      dataActions: each(FILES, ['read', 'write', 'delete', 'modifypermissions/action']).concat(
        `${ACCOUNTS}/fileServices/readFileBackupSemantics/action`,
        `${ACCOUNTS}/fileServices/writeFileBackupSemantics/action`,
      ),
    },
  ),
  role(
    'b8eda974-7b85-4f76-af95-65846b26df6d',
    'Storage File Data Privileged Reader',
    'Customer has read access on Azure Storage file shares.',
    { dataActions: [`${FILES}/read`, `${ACCOUNTS}/fileServices/readFileBackupSemantics/action`] },
  ),
]

/** Roles over the data of storage accounts. */
export const storageRoles: readonly Role[] = [...blobs, ...queues, ...tables, ...files]
