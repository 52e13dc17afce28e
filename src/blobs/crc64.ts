/**
 * CRC-64 as Azure Storage computes it (polynomial 0x9A6C9329AC4BC9B5 reflected, all ones before and after). Numbers
 * are held as two halves: BigInt would be a hundred times slower.
 */
export class Crc64 {
  #low = 0xffffffff
  #high = 0xffffffff

  update(bytes: Uint8Array): this {
    let low = this.#low
    let high = this.#high
    for (let at = 0; at < bytes.length; at += 1) {
      const index = (low ^ (bytes[at] ?? 0)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0)
      high = (high >>> 8) ^ (HIGH[index] ?? 0)
    }
    this.#low = low
    this.#high = high
    return this
  }

  /** Base64 of the eight bytes, least first, as the header carries it. */
  digest(): string {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32LE(~this.#low >>> 0, 0)
    bytes.writeUInt32LE(~this.#high >>> 0, 4)
    return bytes.toString('base64')
  }
}

const POLYNOMIAL = 0x9a6c9329ac4bc9b5n
const LOW = new Int32Array(256)
const HIGH = new Int32Array(256)
for (let byte = 0; byte < 256; byte += 1) {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ POLYNOMIAL : value >> 1n
  LOW[byte] = Number(BigInt.asIntN(32, value))
  HIGH[byte] = Number(BigInt.asIntN(32, value >> 32n))
}
