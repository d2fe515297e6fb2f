const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]) // ELF, 64 bits, little-endian
// Offsets of the fields of an ELF-64 header, and of a program header, that are used here (System V ABI, chapter 4 and 5).
const header = {
  size: 0x40,
  programHeaders: 0x20,
  sectionHeaders: 0x28,
  programHeaderSize: 0x36,
  programHeaderCount: 0x38,
}
const sectionFields = { size: 0x3a, count: 0x3c, names: 0x3e }
const segment = { offset: 0x08, fileSize: 0x20 }

/**
 * A program without what only debuggers read (symbols, and the table of sections): what comes after the last byte that its program
 * headers name. The kernel and the loader read nothing else. Throws if it is no program of a machine that we know.
 */
export function withoutSymbols(program: Buffer): Buffer {
  if (program.length < header.size || !program.subarray(0, magic.length).equals(magic))
    throw new Error('not an ELF program of 64 bits')
  const table = Number(program.readBigUInt64LE(header.programHeaders))
  const size = program.readUInt16LE(header.programHeaderSize)
  const count = program.readUInt16LE(header.programHeaderCount)
  let end = table + size * count
  for (let at = table; at < table + size * count; at += size) {
    const offset = program.readBigUInt64LE(at + segment.offset)
    end = Math.max(end, Number(offset + program.readBigUInt64LE(at + segment.fileSize)))
  }
  const short = Buffer.from(program.subarray(0, end))
  short.writeBigUInt64LE(0n, header.sectionHeaders)
  for (const field of Object.values(sectionFields)) short.writeUInt16LE(0, field)
  return short
}
