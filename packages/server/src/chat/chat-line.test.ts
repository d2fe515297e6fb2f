import { describe, expect, it } from 'vitest'
import { completionsOf, parseChatLine } from './chat-line.ts'

describe('parseChatLine', () => {
  it('takes a plain line for text', () => {
    expect(parseChatLine('  hello there ')).toEqual({ kind: 'say', text: 'hello there' })
    expect(parseChatLine('//etc is a path')).toEqual({ kind: 'say', text: '/etc is a path' })
    expect(parseChatLine('   ')).toEqual({ kind: 'nothing' })
  })

  it('reads commands and their arguments', () => {
    expect(parseChatLine('/msg bob how are you?')).toEqual({ kind: 'msg', name: 'bob', text: 'how are you?' })
    expect(parseChatLine('/add bob Bob Brown')).toEqual({ kind: 'add', name: 'bob', displayName: 'Bob Brown' })
    expect(parseChatLine('/to  bob')).toEqual({ kind: 'to', name: 'bob' })
    expect(parseChatLine('/State Busy')).toEqual({ kind: 'state', state: 'busy' })
    for (const kind of ['help', 'contacts', 'quit']) expect(parseChatLine(`/${kind}`)).toEqual({ kind })
  })

  it('says what is wrong with the rest', () => {
    for (const line of ['/msg bob', '/msg', '/to', '/to a b', '/quit now', '/block', '/state sleepy', '/', '/dance']) {
      expect(parseChatLine(line)).toMatchObject({ kind: 'mistake' })
    }
    expect(parseChatLine('/msg bob')).toEqual({ kind: 'mistake', reason: 'usage: /msg NAME TEXT' })
    expect(parseChatLine('/constructor')).toMatchObject({ kind: 'mistake' })
  })
})

describe('completionsOf', () => {
  const complete = (line: string) => completionsOf(line, ['bob', 'boris', 'carol'], ['busy', 'back-soon', 'online'])

  it('completes commands, names and states', () => {
    expect(complete('/a')).toEqual(['/add ', '/allow '])
    expect(complete('/msg bo')).toEqual(['/msg bob ', '/msg boris '])
    expect(complete('/state b')).toEqual(['/state busy ', '/state back-soon '])
  })

  it('offers nothing in text', () => {
    for (const line of ['', 'hello b', '/msg bob b', '/quit b', '/dance b']) expect(complete(line)).toEqual([])
  })
})
