/** What is wrong with a process at the moment, by name: what `parley status` calls degraded. */
export class Conditions {
  readonly #active = new Map<string, string>()

  /** `detail` is a sentence for an operator; a newer one replaces an older one of the same name. */
  begin(name: string, detail: string): void {
    this.#active.set(name, detail)
  }

  end(name: string): void {
    this.#active.delete(name)
  }

  has(name: string): boolean {
    return this.#active.has(name)
  }

  /** The sentences of all that is wrong now. */
  list(): readonly string[] {
    return [...this.#active.values()]
  }
}
