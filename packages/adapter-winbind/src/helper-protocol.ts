/** How a helper of `ntlm_auth` is talked to: lines, one question at a time. */
export interface HelperProtocol<Reply> {
  /** The value of its `--helper-protocol`. */
  readonly name: string
  /** A line that the helper may say once too often after an answer. */
  readonly stray?: string
  /** Reads what was said so far; undefined while more must come. Throws for what no helper says. */
  reply(lines: readonly string[]): Reply | undefined
  /** Whether a helper that says so is of no more use; none is by default. */
  isSpent?(reply: Reply): boolean
}
