/** The part of the Kusto query language that Resource Graph's queries are read into. */

/** Where a piece of a query begins, both counted from 1 as Resource Graph's errors count. */
export interface Place {
  readonly line: number
  readonly column: number
}

export type Token = {
  readonly kind: 'name' | 'number' | 'text' | 'span' | 'mark' | 'end'
  /** As it is written; of a text, what it says. */
  readonly text: string
  readonly place: Place
}

export type Expression =
  | { readonly is: 'literal'; readonly value: Value; readonly type?: Type; readonly place: Place }
  | { readonly is: 'column'; readonly name: string; readonly place: Place }
  | { readonly is: 'at'; readonly of: Expression; readonly key: Expression; readonly place: Place }
  | { readonly is: 'call'; readonly name: string; readonly with: readonly Expression[]; readonly place: Place }
  | {
      readonly is: 'binary'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
      readonly place: Place
    }
  | {
      readonly is: 'joined'
      readonly operator: 'and' | 'or'
      readonly parts: readonly Expression[]
      readonly place: Place
    }
  | {
      readonly is: 'among'
      readonly operator: string
      readonly left: Expression
      readonly list: readonly Expression[]
      readonly place: Place
    }

/** An expression with the name that its query gives it. */
export interface Named {
  readonly name: string | undefined
  readonly value: Expression
}

export interface Order {
  readonly by: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export type Operator = { readonly place: Place } & (
  | { readonly does: 'where'; readonly test: Expression }
  | { readonly does: 'project' | 'extend'; readonly columns: readonly Named[] }
  | { readonly does: 'project-away' | 'project-keep' | 'project-reorder'; readonly names: readonly string[] }
  | { readonly does: 'project-rename'; readonly names: readonly (readonly [to: string, from: string])[] }
  | { readonly does: 'summarize'; readonly aggregates: readonly Named[]; readonly by: readonly Named[] }
  | { readonly does: 'order'; readonly by: readonly Order[] }
  | { readonly does: 'top'; readonly count: number; readonly by: readonly Order[] }
  | { readonly does: 'take'; readonly count: number }
  | { readonly does: 'distinct'; readonly columns: readonly Named[] | 'all' }
  | { readonly does: 'count' }
)

export interface Query {
  readonly table: string
  readonly place: Place
  readonly operators: readonly Operator[]
}

/** A moment, in milliseconds since 1970. */
export class Moment {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  toJSON(): string {
    return new Date(this.ms).toISOString()
  }
}

/** A length of time in milliseconds. */
export class Span {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  /** `d.hh:mm:ss.fffffff`, as Kusto writes it. */
  toJSON(): string {
    const whole = Math.abs(Math.trunc(this.ms))
    const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
    const days = Math.floor(whole / 86_400_000)
    const rest = whole % 86_400_000
    const fraction = rest % 1000 ? `.${String(rest % 1000).padStart(3, '0')}0000` : ''
    const clock = `${two(rest / 3_600_000)}:${two((rest / 60_000) % 60)}:${two((rest / 1000) % 60)}${fraction}`
    return `${this.ms < 0 ? '-' : ''}${days > 0 ? `${days}.` : ''}${clock}`
  }
}

/** What a cell holds. Lists and bags are JSON. */
export type Value = string | number | boolean | null | Moment | Span | readonly Value[] | Bag
export interface Bag {
  readonly [key: string]: Value | undefined
}

export type Type = 'string' | 'long' | 'real' | 'bool' | 'datetime' | 'timespan' | 'dynamic'
