import type { JsonObject } from '../../json.ts'

/** Microsoft Graph's own application: what its roles are assigned by. */
export const MICROSOFT_GRAPH = '00000003-0000-0000-c000-000000000000'

/**
 * The application permissions of Microsoft Graph that mean something here, with Azure's ids
 * (learn.microsoft.com/graph/permissions-reference).
 */
export const graphRoles = {
  'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
  'Application.ReadWrite.All': '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9',
  'Application.ReadWrite.OwnedBy': '18a4783c-866b-4cc7-a460-3d5e5662c884',
  'AppRoleAssignment.ReadWrite.All': '06b708a9-e830-4db3-a914-8e69da51d44f',
  'Directory.Read.All': '7ab1d382-f21e-4acd-a863-ba3e13f7da61',
  'Directory.ReadWrite.All': '19dbc75e-c2e2-444c-a770-ec69d8559fc7',
  'Group.Read.All': '5b567255-7703-4780-807c-7be8301ae99b',
  'Group.ReadWrite.All': '62a82d76-70ea-41e2-9197-370581804d09',
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'User.ReadWrite.All': '741f803b-c850-494e-b5df-cde7c675a1ca',
} as const

export type GraphRole = keyof typeof graphRoles

/** The roles as the service principal of Microsoft Graph shows them. */
export const graphAppRoles: readonly JsonObject[] = Object.entries(graphRoles).map(([value, id]) => ({
  allowedMemberTypes: ['Application'],
  description: value,
  displayName: value,
  id,
  isEnabled: true,
  origin: 'Application',
  value,
}))
