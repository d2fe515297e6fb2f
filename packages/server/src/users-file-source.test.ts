import { CookieUselessError, type DirectoryUser } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { usersFileSource } from './users-file-source.ts'

const ann: DirectoryUser = { node: userUrl('im.example.com', 'ann'), displayName: 'Ann', mail: 'ann@example.com' }
const users = { users: () => [ann, { ...ann, node: userUrl('im.example.org', 'ann') }], onChange: () => () => {} }

describe('the users file as a directory', () => {
  it('has each account once for each IM domain, known by its name there', async () => {
    const [batch, ...more] = await Array.fromAsync(usersFileSource(users, 'users.yaml').read())
    expect(more).toEqual([])
    expect(batch?.entries[0]).toEqual({
      kind: 'user',
      id: 'ann@im.example.com',
      node: ann.node,
      displayName: 'Ann',
      mail: 'ann@example.com',
      names: ['ann@im.example.com'],
      attributes: {},
      origin: 'ann@im.example.com in users.yaml',
    })
    expect(batch?.entries.map(({ id }) => id)).toEqual(['ann@im.example.com', 'ann@im.example.org'])
  })

  it('is read whole each time', async () => {
    const source = usersFileSource(users, 'users.yaml')
    expect(await source.read().return({})).toMatchObject({ done: true })
    await expect(source.changes('any').next()).rejects.toThrow(CookieUselessError)
  })
})
