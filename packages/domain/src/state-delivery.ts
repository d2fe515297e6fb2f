import type { LogicalUrl, PropNotificationTemplate } from '@parley/protocol'
import type { Delivery } from './inbox.ts'

/** RVP-Hop-Count of a change on its way from the presentity's home to a device (RVP §5.6.1). */
export const presenceHops = 2

/**
 * A state on its way to one device. NOTE: made of what all watchers share, and spelled out only when it is sent: most of a
 * busy home's memory would else be bodies that wait for their acknowledgement.
 */
export class StateDelivery implements Delivery {
  readonly #template: PropNotificationTemplate
  readonly #toHref: string
  readonly supersedes: LogicalUrl

  constructor(template: PropNotificationTemplate, toHref: string, presentity: LogicalUrl) {
    this.#template = template
    this.#toHref = toHref
    this.supersedes = presentity
  }

  get hops(): number {
    return presenceHops
  }

  get body(): string {
    return this.#template.for(this.#toHref)
  }

  get json(): string {
    return this.#template.jsonFor(this.#toHref)
  }
}
