import { type LogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { Directory, DirectoryUser } from '../directory.ts'

/** Who is in the directory under test at first; bob is disabled. */
export const contractUsers: readonly (DirectoryUser & { readonly enabled: boolean })[] = [
  {
    node: userUrl('im.example.com', 'alice'),
    displayName: 'Alice "A" Müller',
    mail: 'alice@example.com',
    enabled: true,
  },
  { node: userUrl('im.example.com', 'bob'), displayName: 'Bob', enabled: false },
]

/** A directory that holds `contractUsers`, and what its administrator can do. */
export interface OpenDirectory extends AsyncDisposable {
  readonly directory: Directory
  /** Enables or disables a user; the directory may learn of it later. */
  setEnabled(node: LogicalUrl, enabled: boolean): Promise<void>
  remove(node: LogicalUrl): Promise<void>
}

/** What every directory does. */
export function directoryContract(open: () => Promise<OpenDirectory>): void {
  const alice = userUrl('im.example.com', 'alice')
  const bob = userUrl('im.example.com', 'bob')

  describe('Directory contract', () => {
    it('tells what it knows about an enabled user', async () => {
      await using opened = await open()
      const { displayName, mail } = contractUsers[0] ?? {}
      expect(opened.directory.user(alice)).toEqual({ node: alice, displayName, mail })
    })

    it('does not know users who are disabled, in another domain, or nobody', async () => {
      await using opened = await open()
      expect(opened.directory.user(bob)).toBeUndefined()
      expect(opened.directory.user(userUrl('im.example.com', 'carol'))).toBeUndefined()
      expect(opened.directory.user(userUrl('other.example', 'alice'))).toBeUndefined()
    })

    it('tells who was enabled, disabled or removed, and no others', async () => {
      await using opened = await open()
      expect(await changeOf(opened, () => opened.setEnabled(bob, true))).toEqual([bob])
      expect(opened.directory.user(bob)).toEqual({ node: bob, displayName: 'Bob' })
      expect(await changeOf(opened, () => opened.setEnabled(alice, false))).toEqual([alice])
      expect(opened.directory.user(alice)).toBeUndefined()
      expect(await changeOf(opened, () => opened.remove(bob))).toEqual([bob])
      expect(opened.directory.user(bob)).toBeUndefined()
    })

    it('does not call a listener that was taken back', async () => {
      await using opened = await open()
      const heard: LogicalUrl[][] = []
      opened.directory.onChange((changed) => heard.push([...changed]))()
      await changeOf(opened, () => opened.setEnabled(bob, true))
      expect(heard).toEqual([])
    })
  })
}

/** What the directory tells next, and of `change` only. */
async function changeOf({ directory }: OpenDirectory, change: () => Promise<void>): Promise<readonly LogicalUrl[]> {
  const { promise, resolve } = Promise.withResolvers<readonly LogicalUrl[]>()
  const stop = directory.onChange(resolve)
  await change()
  const changed = await promise
  stop()
  return changed
}
