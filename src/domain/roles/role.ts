/** A role: what its assignments allow. Patterns compare folded; `*` stands for any text. */
export interface Role {
  /** The definition's name, Azure's own for the built-in ones. */
  readonly id: string
  readonly name: string
  readonly description: string
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  readonly dataActions: readonly string[]
  readonly notDataActions: readonly string[]
}

/** A built-in role: what it leaves out allows nothing. */
export const role = (id: string, name: string, description: string, allows: Partial<Role>): Role => ({
  actions: [],
  notActions: [],
  dataActions: [],
  notDataActions: [],
  ...allows,
  id,
  name,
  description,
})
