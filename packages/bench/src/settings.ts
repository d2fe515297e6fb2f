/** How long and where a run measures. */
export interface Settings {
  /** Length of each measured window. */
  readonly seconds: number
  /** The processor that everything measured is pinned to, with all its threads. */
  readonly serverCpu: number
  /** The processor that the load has for itself. */
  readonly loadCpu: number
  /** A directory for the run's stores, on the disk that a server would use. */
  readonly directory: string
  /** Users of a directory, and of a very large one. */
  readonly people: number
  readonly manyPeople: number
  /** Further options of Node for what is measured, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[]
}

export const domain = 'im.example.com'
export const realm = 'parley'

/** Logical URL of user number `index`. */
export function hrefOf(index: number): string {
  return `http://${domain}${pathOf(index)}`
}

/** Path of user number `index`. */
export function pathOf(index: number): string {
  return `/instmsg/aliases/${nameOf(index)}`
}

/** Name of user number `index`: of the same length for all, so that a number can be read where it is known to be. */
export function nameOf(index: number): string {
  return `u${String(index).padStart(numberDigits, '0')}`
}

export const numberDigits = 5
