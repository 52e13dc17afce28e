import type { JsonObject } from '../json.ts'

/** An application's registration. Its service principal, if it has one, is a principal with the same `appId`. */
export interface Application {
  readonly objectId: string
  /** The client id. */
  readonly appId: string
  readonly displayName: string
  /** What clients set of it, by Microsoft Graph's names; nothing secret. */
  readonly details: JsonObject
  readonly createdAt: string
}

/** How one object of the directory stands to another: who is in a group, who owns a thing, who is whose manager, who has an application's role, what was granted. */
export type Relation = 'members' | 'owners' | 'manager' | 'appRoles' | 'permissionGrants'

/** `source` has `target` in its relation. */
export interface DirectoryLink {
  /** A group, an application, a service principal. */
  readonly source: string
  readonly relation: Relation
  readonly target: string
  /** The role's id of an `appRoles` link, what was granted as JSON; '' for the others. */
  readonly detail: string
  readonly createdAt: string
}

/** The directory beside its principals: applications, and how objects stand to each other. */
export interface Directory {
  application(objectId: string): Promise<Application | undefined>
  applicationByApp(appId: string): Promise<Application | undefined>
  applications(): Promise<readonly Application[]>
  putApplication(application: Application): Promise<void>
  removeApplication(objectId: string): Promise<void>
  /** The links that go out from an object, oldest first. */
  linksFrom(source: string, relation: Relation): Promise<readonly DirectoryLink[]>
  /** The links that lead to an object, oldest first. */
  linksTo(target: string, relation: Relation): Promise<readonly DirectoryLink[]>
  putLink(link: DirectoryLink): Promise<void>
  removeLink(link: Pick<DirectoryLink, 'source' | 'relation' | 'target' | 'detail'>): Promise<void>
  /** Removes every link from and to an object. */
  removeLinksOf(objectId: string): Promise<void>
}
