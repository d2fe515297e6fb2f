/** Lets all work that waits for nothing but promises finish. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}
