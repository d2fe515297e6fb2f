import { type RegData, type RegFile, regHeaders } from './reg-file.ts'

/** Writes a `.reg` file as Windows does, lines ending in CRLF. */
export function writeRegFile({ version, keys }: RegFile): string {
  const blocks = keys.map(({ path, removed, values }) => {
    const lines = values.map(({ name, data }) => `${name === '' ? '@' : quoted(name)}=${dataText(data)}`)
    return [`[${removed ? '-' : ''}${path}]`, ...lines].join('\r\n')
  })
  return `${[regHeaders[version], ...blocks].join('\r\n\r\n')}\r\n\r\n`
}

function dataText(data: RegData): string {
  switch (data.kind) {
    case 'string':
      return quoted(data.text)
    case 'dword':
      return `dword:${data.number.toString(16).padStart(8, '0')}`
    case 'hex': {
      const bytes = Array.from(data.bytes, (byte) => byte.toString(16).padStart(2, '0'))
      return `hex${data.type === 3 ? '' : `(${data.type.toString(16)})`}:${bytes.join(',')}`
    }
    case 'removed':
      return '-'
  }
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}
