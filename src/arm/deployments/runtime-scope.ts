import type { Running } from './advance.ts'
import type { Scope } from './expressions/scope.ts'
import { outsideOf } from './outside.ts'
import type { PlannedResource } from './plan.ts'

/** The template's expressions while it runs: references are answered. */
export const runtimeScope = ({ arm, placed, plan }: Running, own?: PlannedResource): Scope => ({
  ...(own?.scope ?? plan.scope),
  outside: outsideOf(arm, placed, plan),
})
