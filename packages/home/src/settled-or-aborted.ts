/** Resolves once `work` has settled, whichever way, or when `deadline` aborts. */
export function settledOrAborted(work: Promise<unknown>, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      deadline.removeEventListener('abort', end)
      resolve()
    }
    if (deadline.aborted) end()
    else deadline.addEventListener('abort', end)
    work.then(end, end)
  })
}
