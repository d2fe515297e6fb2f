import { describe, expect, it } from 'vitest'
import { parseHomeName } from './home-name.ts'
import { RemotePresentityHome } from './remote-presentity-home.ts'

describe('another home as its nodes are watched from here', () => {
  it('is asked for everything only after a full report that is under way, which would else never end', () => {
    const home = new RemotePresentityHome(parseHomeName('hq'))
    home.reported(7, 2)
    home.tellsAll(1)
    home.doubtAll()
    expect(home.mustAsk).toBe(true)
    expect(home.ask().epoch).toBe(7)
    home.answered(7, 0)
    expect(home.mustAsk).toBe(false)
    home.toldAll()
    expect(home.mustAsk).toBe(true)
    expect(home.ask().epoch).toBe(0)
    home.answered(7, 0)
    home.toldAll()
    expect(home.mustAsk).toBe(false)
  })
})
