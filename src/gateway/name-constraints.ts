/**
 * DER of an RFC 5280 `NameConstraints` value that permits DNS names at and below `domains` and this machine's own
 * addresses. By hand because @peculiar/x509 has no class for this extension.
 */
export function permittedNames(domains: readonly string[]): Uint8Array<ArrayBuffer> {
  const names = domains.map((domain) => der(0x82, Buffer.from(domain, 'ascii')))
  // 127.0.0.0/8 and ::1, each an address followed by its mask.
  const loopback4 = Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])
  const loopback6 = Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 255)])
  const addresses = [loopback4, loopback6].map((bytes) => der(0x87, bytes))
  const subtrees = [...names, ...addresses].map((name) => der(0x30, name))
  return new Uint8Array(der(0x30, der(0xa0, Buffer.concat(subtrees))))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content])
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content])
}
