/** The home server: one file for each RVP method (`methods/`), and the table that shows them all (`home.ts`). */
export { CreatePolicy, type CreateRule } from './create-policy.ts'
export { Home } from './home.ts'
export type { HomeDeps } from './home-deps.ts'
export { type HomeCounts, type OpenHome, type OpenHomeOptions, openHome } from './open-home.ts'
