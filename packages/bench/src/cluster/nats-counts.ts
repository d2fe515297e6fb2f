/** How many messages nats-server has taken from its clients since it started. */
export async function messagesTaken(monitorUrl: string): Promise<number> {
  const answer = await fetch(`${monitorUrl}/varz`)
  const { in_msgs: taken } = (await answer.json()) as { in_msgs?: unknown }
  if (typeof taken !== 'number') throw new TypeError('nats-server does not say how many messages it took')
  return taken
}
