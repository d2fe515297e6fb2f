/** What a value of the registry holds. `hex` is any type in bytes; `type` is its number, e.g. 1 for a string. */
export type RegData =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'dword'; readonly number: number }
  | { readonly kind: 'hex'; readonly type: number; readonly bytes: Uint8Array }
  /** `"name"=-`: the value is to be removed. */
  | { readonly kind: 'removed' }

export interface RegValue {
  /** Empty for the default value, `@`. */
  readonly name: string
  readonly data: RegData
  readonly line: number
}

export interface RegKey {
  /** From the root, parts between backslashes: `HKEY_CURRENT_USER\Software`. */
  readonly path: string
  /** `[-path]`: the key and all below it is to be removed. */
  readonly removed: boolean
  readonly values: readonly RegValue[]
  readonly line: number
}

/** A `.reg` file in its own order. `version` 5 is "Windows Registry Editor Version 5.00", 4 is REGEDIT4. */
export interface RegFile {
  readonly version: 4 | 5
  readonly keys: readonly RegKey[]
}

/** First lines of the two versions. */
export const regHeaders = { 4: 'REGEDIT4', 5: 'Windows Registry Editor Version 5.00' } as const
