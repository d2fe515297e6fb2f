/** What decides the order of SRV records. */
interface Ranked {
  readonly priority: number
  readonly weight: number
}

/** Servers in the order in which to try them: lower priorities first, within one at random, by weight (RFC 2782). */
export function inSrvOrder<Server extends Ranked>(servers: readonly Server[], random: () => number): readonly Server[] {
  const byPriority = Map.groupBy(servers, ({ priority }) => priority)
  const priorities = [...byPriority.keys()].sort((a, b) => a - b)
  return priorities.flatMap((priority) => drawn(byPriority.get(priority) ?? [], random))
}

function drawn<Server extends Ranked>(servers: readonly Server[], random: () => number): readonly Server[] {
  // Those of weight 0 come first in the row, so that they are drawn seldom, and never when others are.
  const left = [...servers].sort((a, b) => a.weight - b.weight)
  const order: Server[] = []
  while (left.length > 0) {
    let mark = random() * left.reduce((sum, { weight }) => sum + weight, 0)
    const index = left.findIndex(({ weight }) => {
      mark -= weight
      return mark < 0
    })
    order.push(...left.splice(Math.max(0, index), 1))
  }
  return order
}
