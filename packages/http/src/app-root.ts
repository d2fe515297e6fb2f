/** Where the paths of all that is not RVP begin; no node can be made there. */
export const appRoot = '/.parley/'
