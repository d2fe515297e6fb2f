/** Runs the work of one principal in arrival order, so that its state needs no locks (style.md, principle 8). */
export class PrincipalQueue {
  #tail: Promise<unknown> | undefined

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail ? this.#tail.then(work) : work()
    // NOTE: a failure must not block what follows, and an idle queue must hold nothing in memory.
    const tail: Promise<unknown> = result.then(settled, settled).then(() => {
      if (this.#tail === tail) this.#tail = undefined
    })
    this.#tail = tail
    return result
  }
}

function settled(): void {}
