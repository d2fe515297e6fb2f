import { demand, mayWatch } from '@parley/domain'
import { ForbiddenError, mergeAccessList, parseAccessList, parseLogicalUrl, writeAccessList } from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import { spellFor } from '../spelling.ts'
import type { MethodHandler } from './method-handler.ts'

/** ACL: without a body reads a node's access list, with one merges entries into it (RVP §5.7; client-facts §5, 42). */
export function acl({ nodes, watches, limits }: Pick<HomeDeps, 'nodes' | 'watches' | 'limits'>): MethodHandler {
  return async (request) => {
    const node = nodes.get(request.node)
    if (request.body.trim() !== '') {
      demand(node, request.identity, 'writeacl')
      const written = parseAccessList(request.body, (url) => request.resolve(url) ?? parseLogicalUrl(url))
      await node.queue.run(async () => {
        const merged = mergeAccessList(node.head.acl ?? [], written)
        if (merged.length > limits.maxAccessEntries) throw new ForbiddenError('the access list is full')
        const head = { ...node.head, acl: merged }
        await nodes.commit(node, [{ kind: 'put-head', head }])
        node.head = head
        watches.permit(node.url, (watcher) => mayWatch(node, { principal: watcher }))
      })
    } else {
      demand(node, request.identity, 'readacl')
    }
    return { status: 200, xml: writeAccessList(node.access, (principal) => spellFor(request, principal)) }
  }
}
