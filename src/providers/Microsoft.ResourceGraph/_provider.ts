import { defineProvider } from '../../arm/define-resource.ts'

/** Below other resources, and yet in the table `resources`: what Azure lists of Azure Machine Learning. */
const LISTED_CHILDREN = /\/(onlineEndpoints|batchEndpoints)(\/deployments)?$/i
/** From this version on a query's data are objects; before, they were a table. */
const OBJECTS_SINCE = '2020-04-01'

/** Resource Graph: queries over everything that the caller may read. */
export default defineProvider({
  namespace: 'Microsoft.ResourceGraph',
  alwaysRegistered: true,
  knownVersions: [
    '2018-09-01-preview',
    '2019-04-01',
    '2020-04-01-preview',
    '2020-09-01-preview',
    '2021-03-01',
    '2021-06-01-preview',
    '2022-10-01',
    '2024-04-01',
  ],
  operations: [
    {
      method: 'POST',
      path: 'resources',
      scope: 'tenant',
      async answer(deps, { body, context, arm, allows }) {
        const { apiVersion: _graphs, ...reading } = context
        // The query language is loaded with the first query.
        const { answerQuery } = await import('../../domain/resource-graph/answer-query.ts')
        const childTypes = arm
          .providers()
          .flatMap(({ namespace, types }) => types.map(({ type }) => `${namespace}/${type}`))
          .filter((type) => LISTED_CHILDREN.test(type))
        return {
          body: await answerQuery({
            deps,
            body,
            childTypes,
            format: context.apiVersion >= OBJECTS_SINCE ? 'objectArray' : 'table',
            now: deps.now(),
            mayRead: (resource) => allows(`${rightOf(resource.type)}/read`, resource.id),
            present: (resource) => arm.present(resource, reading),
          }),
        }
      },
    },
  ],
})

/** Groups are read by the right of their older name. */
const rightOf = (type: string): string =>
  type === 'Microsoft.Resources/resourceGroups' ? 'Microsoft.Resources/subscriptions/resourceGroups' : type
