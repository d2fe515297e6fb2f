import type { RvpClient, RvpClientEvent } from '@parley/client'

type EventOf<T extends RvpClientEvent['type']> = Extract<RvpClientEvent, { type: T }>

/** The next event of a kind that a client hears, and that `fits`. Call it before what causes the event. */
export function nextEvent<T extends RvpClientEvent['type']>(
  client: RvpClient,
  type: T,
  fits: (event: EventOf<T>) => boolean = () => true,
): Promise<EventOf<T>> {
  return new Promise((resolve) => {
    const stop = client.on((event) => {
      if (event.type !== type || !fits(event as EventOf<T>)) return
      stop()
      resolve(event as EventOf<T>)
    })
  })
}
