import { isIPv4, isIPv6 } from 'node:net'
import type { Json } from '../../../json.ts'
import { ExpressionError } from '../expressions/parse.ts'
import type { FunctionTable } from '../expressions/scope.ts'
import { asInteger, asText } from '../expressions/values.ts'

/** An address range. `network` is its first address as a number. */
interface Range {
  /** 32 for IPv4, 128 for IPv6. */
  readonly bits: 32 | 128
  readonly network: bigint
  readonly prefix: number
}

/** Address ranges, of IPv4 and IPv6. */
export const cidrFunctions: FunctionTable = {
  cidrHost: {
    min: 2,
    call: ([network, index]) => {
      const range = rangeOf(network)
      const at = indexOf(index)
      const host = range.network + at + 1n
      if (host > lastOf(range)) throw new ExpressionError(`the range '${String(network)}' has no host ${at}`)
      return addressText(range.bits, host)
    },
  },
  cidrSubnet: {
    min: 3,
    call: ([network, size, index]) => {
      const range = rangeOf(network)
      const prefix = asInteger(size)
      const at = indexOf(index)
      if (prefix < range.prefix || prefix > range.bits) {
        throw new ExpressionError(`a prefix of ${range.prefix} to ${range.bits} was expected in place of ${prefix}`)
      }
      if (at >= 1n << BigInt(prefix - range.prefix)) {
        throw new ExpressionError(`the range '${String(network)}' has no subnet ${at} of the prefix ${prefix}`)
      }
      return `${addressText(range.bits, range.network + (at << BigInt(range.bits - prefix)))}/${prefix}`
    },
  },
  parseCidr: {
    min: 1,
    call: ([network]) => {
      const range = rangeOf(network)
      const { bits, prefix } = range
      const last = lastOf(range)
      const text = (address: bigint): string => addressText(bits, address)
      const mask = ((1n << BigInt(bits)) - 1n) ^ ((1n << BigInt(bits - prefix)) - 1n)
      const around = bits === 32 && prefix < 31 ? 1n : 0n
      return {
        network: text(range.network),
        netmask: text(mask),
        ...(bits === 32 && { broadcast: text(last) }),
        firstUsable: text(range.network + around),
        lastUsable: text(last - around),
        cidr: prefix,
      }
    },
  },
}

function indexOf(value: Json | undefined): bigint {
  const index = asInteger(value)
  if (index < 0) throw new ExpressionError(`an index of 0 or more was expected in place of ${index}`)
  return BigInt(index)
}

const lastOf = ({ bits, network, prefix }: Range): bigint => network + (1n << BigInt(bits - prefix)) - 1n

function rangeOf(value: Json | undefined): Range {
  const text = asText(value)
  const [address = '', length = '', ...more] = text.split('/')
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : undefined
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (bits === undefined || more.length > 0 || !(prefix <= bits)) {
    throw new ExpressionError(`'${text}' is no range of addresses in CIDR notation`)
  }
  const size = BigInt(bits - prefix)
  return { bits, prefix, network: (numberOf(address) >> size) << size }
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [before = '', after] = address.split('::')
  const groups = (text: string): string[] => text.split(':').filter((part) => part !== '')
  const head = groups(before)
  const tail = groups(after ?? '')
  const filled = after === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail]
  return filled.reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n)
}

/** The address as RFC 5952 writes it: what URLs do too. */
function addressText(bits: 32 | 128, address: bigint): string {
  const parts = (count: number, size: bigint): bigint[] =>
    Array.from({ length: count }, (_, at) => (address >> (BigInt(count - 1 - at) * size)) & ((1n << size) - 1n))
  if (bits === 32) return parts(4, 8n).join('.')
  const groups = parts(8, 16n).map((part) => part.toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
