import { type Static, Type } from 'typebox'
import { Errors } from 'typebox/value'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

/** The simulation's settings, as `/lazuli/simulation` takes them. What is left out does not happen. */

const Chance = Type.Number({ minimum: 0, maximum: 1 })
const Seconds = Type.Number({ minimum: 0, maximum: 86_400 })
const closed = { additionalProperties: false } as const

const Bucket = Type.Object(
  {
    /** How many requests may come at once. */
    bucket: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    refillPerSecond: Type.Number({ minimum: 0.001, maximum: 1_000_000 }),
  },
  closed,
)

const Provisioning = Type.Object(
  {
    seconds: Type.Optional(Seconds),
    failure: Type.Optional(
      Type.Object(
        {
          chance: Chance,
          code: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]{0,79}$' })),
          message: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
        },
        closed,
      ),
    ),
  },
  closed,
)

const Settings = Type.Object(
  {
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 })),
    requests: Type.Optional(
      Type.Object(
        {
          /** Chance of 429 and of 503; `delay` holds a request up before it is looked at. */
          tooManyRequests: Type.Optional(Chance),
          serviceUnavailable: Type.Optional(Chance),
          retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600 })),
          delay: Type.Optional(
            Type.Object({ chance: Chance, milliseconds: Type.Integer({ minimum: 0, maximum: 60_000 }) }, closed),
          ),
          methods: Type.Optional(
            Type.Array(Type.Enum(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']), { minItems: 1 }),
          ),
        },
        closed,
      ),
    ),
    rateLimit: Type.Optional(
      Type.Object(
        {
          enforced: Type.Boolean(),
          reads: Type.Optional(Bucket),
          writes: Type.Optional(Bucket),
          deletes: Type.Optional(Bucket),
        },
        closed,
      ),
    ),
    /** By resource type; `*` for those that are not named. */
    provisioning: Type.Optional(Type.Record(Type.String(), Provisioning)),
    quota: Type.Optional(
      Type.Object(
        {
          /** vCPUs of each family in a region, in place of the server's own setting. */
          cores: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
          families: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 1_000_000 }))),
        },
        closed,
      ),
    ),
    /** Of nodes of low priority: the chance for each job, and how long it runs before. */
    preemption: Type.Optional(Type.Object({ chance: Chance, afterSeconds: Type.Optional(Seconds) }, closed)),
    /** How long the name of a deleted container is nobody's. */
    containerDeletion: Type.Optional(Type.Object({ seconds: Seconds }, closed)),
    clock: Type.Optional(
      Type.Object({ offsetSeconds: Type.Number({ minimum: -3_153_600_000, maximum: 3_153_600_000 }) }, closed),
    ),
  },
  closed,
)

export type SimulationSettings = Static<typeof Settings>

const TYPE = /^(\*|[A-Za-z]+\.[A-Za-z.]+(\/[A-Za-z]+)+)$/

/**
 * Settings out of a body; a `clock.now` becomes the offset from the real time, whatever offset stands beside it.
 *
 * @throws SimulationInvalid, which names what does not fit
 */
export function readSettings(body: JsonObject, realNow: Date): SimulationSettings {
  const { clock, ...rest } = body
  const settings: JsonObject = {
    ...rest,
    ...(clock !== undefined && clock !== null && { clock: offsetOf(clock, realNow) }),
  }
  const [problem] = Errors(Settings, settings)
  if (problem) {
    const at = problem.instancePath.split('/').filter(Boolean).join('.')
    throw fault('SimulationInvalid', { reason: `'${at || 'the body'}' ${problem.message}` })
  }
  const read = settings as SimulationSettings
  const [stranger] = Object.keys(read.provisioning ?? {}).filter((type) => !TYPE.test(type))
  if (stranger !== undefined) {
    throw fault('SimulationInvalid', {
      reason: `'provisioning' names '${stranger}', which is no resource type and not '*'`,
    })
  }
  return read
}

function offsetOf(clock: unknown, realNow: Date): JsonObject {
  const { now, ...rest } = clock as JsonObject
  if (now === undefined) return rest
  const ms = typeof now === 'string' ? Date.parse(now) : Number.NaN
  if (Number.isNaN(ms))
    throw fault('SimulationInvalid', { reason: "'clock.now' is no time such as 2030-01-31T10:00:00Z" })
  return { offsetSeconds: (ms - realNow.getTime()) / 1000 }
}
