import type { JsonObject } from '../../json.ts'

/** An object's own names in camel case, as ARM has them; the nodes of pipelines have them in snake case. */
export const camel = (from: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) =>
      value === undefined || value === null
        ? []
        : [[name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()), value]],
    ),
  )
