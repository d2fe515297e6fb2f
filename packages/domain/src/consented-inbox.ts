import type { Delivery, DeliveryOutcome, Inbox } from './inbox.ts'

/**
 * The Call-Back of a member that lives in another home: that home is asked before each delivery whether the sender may reach its
 * user, since nobody else knows the user's access list (promise 5). `consent` takes an empty notification if so; order is kept.
 */
export function consentedInbox(
  callBack: Pick<Inbox, 'post' | 'deliver'>,
  consent: Pick<Inbox, 'deliver'>,
): Pick<Inbox, 'post' | 'deliver'> {
  const ask = ({ hops }: Delivery): Promise<DeliveryOutcome> => consent.deliver({ body: '', hops })
  return {
    post(delivery) {
      // It never rejects.
      void ask(delivery).then((outcome) => outcome === 'delivered' && callBack.post(delivery))
    },
    async deliver(delivery) {
      const outcome = await ask(delivery)
      return outcome === 'delivered' ? await callBack.deliver(delivery) : outcome
    },
  }
}
