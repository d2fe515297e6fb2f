import { isIP } from 'node:net'
import { ForbiddenError } from '@parley/protocol'
import { type AddressRange, canonicalAddress, inRanges, isLoopback, isSpecialPurpose } from './address-range.ts'

/** Which call-backs clients may give (promise 6). */
export interface CallBackPolicyOptions {
  /** Networks besides the client's own address that a Call-Back may lie in. */
  readonly networks: readonly AddressRange[]
  /** Allows loopback addresses, for tests and demos (`--insecure-loopback-callbacks`). */
  readonly insecureLoopback: boolean
  /** Looks a host name up; undefined when names are not allowed. */
  readonly lookup?: (host: string) => Promise<readonly string[]>
}

/**
 * Judges a direct Call-Back and pins it to an address, so that a name which later resolves elsewhere cannot make the server
 * reach a host that is not the client's own (promise 6). Throws ForbiddenError.
 */
export async function pinCallBack(
  callBack: { readonly host: string; readonly port: number },
  clientAddress: string,
  options: CallBackPolicyOptions,
): Promise<string> {
  const host = callBack.host.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [host] : await resolveName(host, options)
  const client = canonicalAddress(clientAddress)
  const address = addresses.map(canonicalAddress).find((one) => isAllowedAddress(one, client, options))
  if (address === undefined) {
    throw new ForbiddenError(
      'Call-Back must be at the address the request comes from, or in a network the server allows',
    )
  }
  return address
}

async function resolveName(host: string, options: CallBackPolicyOptions): Promise<readonly string[]> {
  if (!options.lookup) throw new ForbiddenError('Call-Back must name an IP address')
  try {
    return await options.lookup(host)
  } catch (err) {
    throw new ForbiddenError('Call-Back names a host that cannot be resolved', { cause: err })
  }
}

function isAllowedAddress(address: string, clientAddress: string, options: CallBackPolicyOptions): boolean {
  if (isLoopback(address)) return options.insecureLoopback && isLoopback(clientAddress)
  // NOTE: link-local, metadata, multicast and unspecified addresses are nobody's desk, even if a request came from one; who
  // allows every network does not mean them.
  if (isSpecialPurpose(address)) return inRanges(address, options.networks.filter(isSpecialNetwork))
  return address === clientAddress || inRanges(address, options.networks)
}

function isSpecialNetwork({ address, prefix }: AddressRange): boolean {
  return prefix >= 8 && isSpecialPurpose(address)
}
