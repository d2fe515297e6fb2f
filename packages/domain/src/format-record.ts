/** In which format the processes of a cluster keep what they have in common. */
export interface StoredFormat {
  /** 1 or more; grows by one with each change that needs a migration. */
  readonly format: number
  /** The oldest format that a process must know to work with it: less than `format` while processes of the version before may run. */
  readonly readers: number
}

/** Where that is recorded. All reject with UnavailableError when nobody answers. */
export interface FormatRecord {
  /** Undefined when nobody has recorded one. */
  read(): Promise<StoredFormat | undefined>
  /** Records `next` if `before` is what is recorded, undefined for nothing; false when it is not. */
  replace(before: StoredFormat | undefined, next: StoredFormat): Promise<boolean>
  /** Whether nothing is kept: no home was ever held, and no users were ever brought in. */
  isEmpty(): Promise<boolean>
}
