import type { Clock } from './clock.ts'
import { Device, type DeviceTarget, targetKey } from './device.ts'
import type { DomainEvents } from './events.ts'
import type { InboxEvents, InboxFactory } from './inbox.ts'
import type { DomainLimits } from './limits.ts'
import { MovedError } from './moved-error.ts'
import type { StoredSubscription, SubscriptionId, ViewId } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import type { Presence } from './presence.ts'
import type { RvpNode } from './rvp-node.ts'
import type { WatchTable } from './watch-table.ts'

/** How often a silent device is asked whether it is there again: what it missed must reach it within 10 s (promise 2). */
const probeIntervalMs = 3_000

/** The devices of users: how they appear with a login subscription, and how they go. */
export class Devices {
  readonly #nodes: Nodes
  readonly #presence: Presence
  readonly #watches: WatchTable
  readonly #inboxes: InboxFactory
  readonly #clock: Clock
  readonly #limits: DomainLimits
  readonly #events: DomainEvents

  constructor(given: {
    nodes: Nodes
    presence: Presence
    watches: WatchTable
    inboxes: InboxFactory
    clock: Clock
    limits: DomainLimits
    events: DomainEvents
  }) {
    this.#nodes = given.nodes
    this.#presence = given.presence
    this.#watches = given.watches
    this.#inboxes = given.inboxes
    this.#clock = given.clock
    this.#limits = given.limits
    this.#events = given.events
  }

  /** Binds a stored login subscription to its device; a second one with the same Call-Back is the same device. */
  add(node: RvpNode, subscription: StoredSubscription): Device | undefined {
    if (subscription.target.kind === 'node') return undefined
    const known = this.#withTarget(node, subscription.target)
    const device = known ?? this.#open(node, subscription.target, subscription.subscriberHref)
    device.subscriptions.add(subscription.id)
    for (const view of node.views.values()) if (view.device === subscription.id) device.view = view.id
    if (known) return known
    for (const other of node.devices) other.hasSetStateSince = false
    node.devices = [...node.devices, device]
    return device
  }

  /**
   * A new login has come: devices that no longer answer at their old address give way to it, without a restart of the client
   * (issue "roaming heals"), and so does the oldest when there are too many.
   */
  async heal(node: RvpNode, fresh: Device): Promise<void> {
    const others = node.devices.filter((device) => device !== fresh)
    const surplus = Math.max(0, node.devices.length - this.#limits.maxDevicesPerUser)
    for (const device of others.slice(0, surplus)) await this.#drop(node, device, 'replaced')
    await Promise.all(
      others.slice(surplus).map(async (device) => {
        if ('probe' in device.inbox && !(await device.inbox.probe())) await this.#drop(node, device, 'dead')
      }),
    )
  }

  /** The device that a request about the user's state comes from: named by its login subscription or its view, else by its address. */
  identify(
    node: RvpNode,
    {
      login,
      view,
      clientAddress,
    }: { login: SubscriptionId | undefined; view: ViewId | undefined; clientAddress: string },
  ): Device | undefined {
    if (login !== undefined) return node.devices.find((device) => device.subscriptions.has(login))
    const onView = view === undefined ? undefined : node.devices.find((device) => device.view === view)
    if (onView) return onView
    // NOTE: who names a view that is gone, as librvp does when it unsubscribes before it says offline, must not end another
    // device's view for that.
    const free = node.devices.filter(
      (device) => view === undefined || device.view === undefined || !node.views.has(device.view),
    )
    const here = free.filter((device) => device.target.kind === 'callback' && device.target.address === clientAddress)
    // NOTE: several clients may share an address (terminal servers): the newest that has no view yet is the one signing in.
    const candidate = here.findLast((device) => device.view === undefined) ?? (here.length === 1 ? here[0] : undefined)
    return candidate ?? (node.devices.length === 1 ? free[0] : undefined)
  }

  /** Removes one login subscription from its device; with the last one the device is gone. */
  release(node: RvpNode, id: SubscriptionId, why: 'signed-off' | 'expired'): Device | undefined {
    const device = node.devices.find((one) => one.subscriptions.has(id))
    device?.subscriptions.delete(id)
    if (!device || device.subscriptions.size > 0) return undefined
    this.#close(node, device)
    this.#events.deviceGone(node.url, why)
    return device
  }

  /** Ends a device: its login subscriptions at once, its presence after a grace unless it signed off. */
  async #drop(node: RvpNode, device: Device, why: 'dead' | 'replaced' | 'disabled'): Promise<void> {
    if (!node.devices.includes(device)) return
    const ids = [...device.subscriptions]
    this.#close(node, device)
    // NOTE: out of memory at once, or its client could renew what leads nowhere any more.
    for (const id of ids) node.subscriptions.delete(id)
    await node.queue.run(async () => {
      const removed = this.#nodes.commit(
        node,
        ids.map((id) => ({ kind: 'remove-subscription', id })),
      )
      await Promise.all([removed, this.#bequeath(node, device)])
    })
    this.#events.deviceGone(node.url, why)
  }

  /** The view of a device that is gone goes on with the same client's new device, or fades. */
  async #bequeath(node: RvpNode, device: Device): Promise<void> {
    if (device.view === undefined || node.devices.some((other) => other.view === device.view)) return
    // NOTE: who set the state of a dead device after another one signed in is that one: the same client, back from
    // another address, on the same view.
    const heir = device.hasSetStateSince ? node.devices.findLast((other) => other.view === undefined) : undefined
    if (heir) heir.view = device.view
    else await this.#presence.fade(node, device.view, this.#limits.deadDeviceGraceMs)
  }

  /** Ends all devices and views of a node: its user may no longer use IM. */
  async dropAll(node: RvpNode): Promise<void> {
    for (const device of node.devices) await this.#drop(node, device, 'disabled')
    await node.queue.run(async () => {
      for (const id of [...node.views.keys()]) await this.#presence.end(node, id)
    })
  }

  /** Frees the inboxes of a node without ending its devices: whoever serves it next opens them again, unless they are `over`. */
  letGo(node: RvpNode, over?: 'over'): void {
    for (const device of node.devices) {
      device.cancelDrop?.()
      device.inbox.close(over ? undefined : 'moved')
    }
    node.devices = []
  }

  /** Takes no more messages for devices that are there (`Inbox.hold`). */
  hold(): void {
    for (const node of this.#nodes.all()) for (const { inbox } of node.devices) inbox.hold()
  }

  /** Lets go of all; nothing is changed in the store. */
  close(): void {
    for (const node of this.#nodes.all()) this.letGo(node)
  }

  #withTarget(node: RvpNode, target: DeviceTarget): Device | undefined {
    const key = targetKey(target)
    return node.devices.find((device) => targetKey(device.target) === key)
  }

  #open(node: RvpNode, target: DeviceTarget, href: string): Device {
    const events: InboxEvents = {
      reachable: () => {
        device.cancelDrop?.()
        device.cancelDrop = undefined
      },
      unreachable: (how) => this.#suspect(node, device, how),
      reset: () => this.#watches.refresh(node.url, device),
    }
    const inbox =
      target.kind === 'stream' ? this.#inboxes.stream(target.token, events) : this.#inboxes.callback(target, events)
    const device = new Device(target, inbox, href)
    return device
  }

  /** Gives a call-back that failed a grace, in which it is asked again and again, then drops it. A stream has had its grace. */
  #suspect(node: RvpNode, device: Device, how: 'refused' | 'silent'): void {
    if (device.target.kind === 'stream') {
      this.#inBackground('drop a stream that did not come back', this.#drop(node, device, 'dead'))
      return
    }
    if (device.cancelDrop || !node.devices.includes(device)) return
    // NOTE: a refused connection comes from a living host without the client; silence may be a short network fault.
    const graceMs = how === 'refused' ? 1_000 : this.#limits.deadDeviceGraceMs
    this.#askAgain(node, device, this.#clock.now() + graceMs)
  }

  /** A device that is found again is told what it missed (`InboxEvents.reset`), soon after a short fault (promise 2). */
  #askAgain(node: RvpNode, device: Device, dropAt: number): void {
    const waitMs = Math.min(probeIntervalMs, Math.max(0, dropAt - this.#clock.now()))
    device.cancelDrop = this.#clock.after(waitMs, () => {
      this.#inBackground('drop a dead device', this.#dropUnlessReachable(node, device, dropAt))
    })
  }

  async #dropUnlessReachable(node: RvpNode, device: Device, dropAt: number): Promise<void> {
    if ('probe' in device.inbox && (await device.inbox.probe())) {
      device.cancelDrop = undefined
      return
    }
    if (!node.devices.includes(device)) return
    if (this.#clock.now() < dropAt) this.#askAgain(node, device, dropAt)
    else await this.#drop(node, device, 'dead')
  }

  #close(node: RvpNode, device: Device): void {
    node.devices = node.devices.filter((other) => other !== device)
    device.cancelDrop?.()
    device.cancelDrop = undefined
    device.inbox.close()
  }

  #inBackground(what: string, work: Promise<void>): void {
    work.catch((err: unknown) => {
      // NOTE: the node's new home finds out by itself.
      if (!(err instanceof MovedError)) this.#events.backgroundFailed(what, err)
    })
  }
}
