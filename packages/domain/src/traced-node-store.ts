import type { NodeStore } from './node-store.ts'
import { endedWith, type Tracer } from './tracer.ts'

/** A store each of whose commits is a span of the work that it is for; `system` names the product. */
export function tracedNodeStore(store: NodeStore, tracer: Tracer, system: string): NodeStore {
  return {
    load: () => store.load(),
    commit(node, changes, epoch) {
      const span = tracer.startChild('commit', {
        kind: 'client',
        attributes: {
          'db.system.name': system,
          'db.operation.name': 'commit',
          'db.operation.batch.size': changes.length,
        },
      })
      const committing = store.commit(node, changes, epoch)
      return span ? endedWith(span, committing) : committing
    },
  }
}
