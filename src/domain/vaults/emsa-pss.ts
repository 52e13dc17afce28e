import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * EMSA-PSS over a hash that is given, with a salt of the hash's length: RFC 8017, sections 9.1.1 and 9.1.2, MGF1 with the
 * same hash. node:crypto signs messages alone, and Key Vault's clients send hashes.
 */
export function encodePss(digest: Buffer, hash: string, salt: Buffer, modulusBits: number): Buffer {
  const bits = modulusBits - 1
  const length = Math.ceil(bits / 8)
  const seal = hashOf(hash, Buffer.concat([Buffer.alloc(8), digest, salt]))
  const block = Buffer.concat([Buffer.alloc(length - salt.length - seal.length - 2), Buffer.from([1]), salt])
  const masked = xor(block, mask(seal, block.length, hash))
  clearLeftmost(masked, 8 * length - bits)
  return Buffer.concat([masked, seal, Buffer.from([0xbc])])
}

export function verifyPss(encoded: Buffer, digest: Buffer, hash: string, modulusBits: number): boolean {
  const bits = modulusBits - 1
  const length = Math.ceil(bits / 8)
  const size = digest.length
  if (encoded.length !== length || encoded.at(-1) !== 0xbc || length < 2 * size + 2) return false
  const masked = encoded.subarray(0, length - size - 1)
  const seal = encoded.subarray(length - size - 1, length - 1)
  const block = xor(masked, mask(seal, masked.length, hash))
  clearLeftmost(block, 8 * length - bits)
  const padding = block.length - size - 1
  if (!block.subarray(0, padding).every((byte) => byte === 0) || block[padding] !== 1) return false
  const salt = block.subarray(padding + 1)
  return timingSafeEqual(seal, hashOf(hash, Buffer.concat([Buffer.alloc(8), digest, salt])))
}

/** MGF1. */
function mask(seed: Buffer, length: number, hash: string): Buffer {
  const blocks: Buffer[] = []
  for (let count = 0, made = 0; made < length; count++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    const block = hashOf(hash, Buffer.concat([seed, counter]))
    blocks.push(block)
    made += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

const hashOf = (hash: string, bytes: Buffer): Buffer => createHash(hash).update(bytes).digest()

const xor = (left: Buffer, right: Buffer): Buffer => Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)))

function clearLeftmost(block: Buffer, bits: number): void {
  if (block.length > 0) block.writeUInt8(block.readUInt8(0) & (0xff >> bits), 0)
}
