import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { askSecretly, ChatTerminal } from './chat-terminal.ts'

function open(interactive: boolean) {
  let text = ''
  const input = new PassThrough()
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  const terminal = new ChatTerminal({ input, output, interactive, complete: () => [] })
  return { terminal, input, written: () => text }
}

describe('ChatTerminal without a person', () => {
  it('reads all lines, also those that came early, and writes plain ones', async () => {
    const { terminal, input, written } = open(false)
    input.end('one\ntwo\nthree')
    terminal.show('shown')
    const lines = [await terminal.ask('bob'), await terminal.ask('bob'), await terminal.ask('bob')]
    expect(lines).toEqual(['one', 'two', 'three'])
    expect(await terminal.ask('bob')).toBeUndefined()
    expect(written()).toBe('shown\n')
  })

  it('ends a question when it is closed', async () => {
    const { terminal } = open(false)
    const asked = terminal.ask(undefined)
    terminal.close()
    terminal.close()
    expect(await asked).toBeUndefined()
  })
})

describe('ChatTerminal with a person', () => {
  it('prompts with the recipient, and puts the prompt back after what is shown', async () => {
    const { terminal, input, written } = open(true)
    const asked = terminal.ask('bob')
    expect(written()).toContain('bob> ')
    terminal.show('12:00 <bob> hi')
    expect(written()).toMatch(/12:00 <bob> hi\n.*bob> /s)
    input.write('hello\r')
    expect(await asked).toBe('hello')
    terminal.close()
  })

  it('takes Ctrl-C for the end', async () => {
    const { terminal, input } = open(true)
    const asked = terminal.ask(undefined)
    input.write('\x03')
    expect(await asked).toBeUndefined()
  })
})

describe('askSecretly', () => {
  function openScreen() {
    const seen: string[] = []
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => seen.push(on ? '[raw]' : '[cooked]'),
    })
    const output = new Writable({
      write(chunk, _encoding, done) {
        seen.push(String(chunk))
        done()
      },
    })
    return { input, output, seen }
  }

  it('asks only once the terminal no longer echoes, and shows nothing of the secret', async () => {
    const { input, output, seen } = openScreen()
    const asked = askSecretly('Password: ', input, output)
    expect(seen).toEqual(['[raw]', 'Password: '])
    input.write('sesam\r')
    expect(await asked).toBe('sesam')
    expect(seen).toEqual(['[raw]', 'Password: ', '[cooked]', '\n'])
  })

  it('gives nothing when Ctrl-C or the end of input comes instead', async () => {
    const interrupted = openScreen()
    const asked = askSecretly('Password: ', interrupted.input, interrupted.output)
    interrupted.input.write('ses\x03')
    expect(await asked).toBeUndefined()
    const ended = openScreen()
    const askedAgain = askSecretly('Password: ', ended.input, ended.output)
    ended.input.end()
    expect(await askedAgain).toBeUndefined()
  })
})
