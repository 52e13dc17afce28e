/** A VM size: what a node of it has in Azure, and the most that one is given here. */
export interface VmSize {
  readonly name: string
  readonly family: string
  readonly vCPUs: number
  readonly memoryGB: number
  readonly gpus: number
  readonly diskMB: number
  readonly premiumIO: boolean
}
