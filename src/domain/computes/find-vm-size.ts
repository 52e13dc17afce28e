import type { JsonObject } from '../../json.ts'
import type { VmSize } from './vm-size.ts'
import { vmSizes } from './vm-sizes.ts'

const byName = new Map(vmSizes.map((size) => [size.name.toLowerCase(), size]))

/** The size of a name in any spelling. */
export const findVmSize = (name: string): VmSize | undefined => byName.get(name.toLowerCase())

/** A size as `vmSizes` of a region lists it. Sizes with GPUs are listed too: that none runs here is said on use. */
export const presentVmSize = (size: VmSize): JsonObject => ({
  name: size.name,
  family: size.family,
  vCPUs: size.vCPUs,
  gpus: size.gpus,
  osVhdSizeMB: 1_047_552,
  maxResourceVolumeMB: size.diskMB,
  memoryGB: size.memoryGB,
  lowPriorityCapable: true,
  premiumIO: size.premiumIO,
  supportedComputeTypes: ['AmlCompute', 'ComputeInstance'],
})
