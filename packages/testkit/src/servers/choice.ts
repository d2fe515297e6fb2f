import { ProgramRunner } from './program-runner.ts'
import type { Runner, ServerSetup } from './runner.ts'

// NOTE: module state, as each thread of tests shall say a thing once. Nothing but what is said depends on it.
const said = new Set<string>()

/**
 * Makes a runner the way that PARLEY_TEST_DOCKER asks for: `off` is the machine's programs, `required` containers or an
 * error, and `auto` (the default) containers where a Docker engine answers and has the image, else programs.
 */
export async function createRunner(setup: ServerSetup): Promise<Runner> {
  const wish = process.env.PARLEY_TEST_DOCKER ?? 'auto'
  if (!['off', 'auto', 'required'].includes(wish)) throw new Error(`PARLEY_TEST_DOCKER=${wish}: off, auto or required`)
  if (wish === 'off') return await ProgramRunner.create(setup)
  // Loading Testcontainers takes longer than starting a program.
  const { ContainerRunner, findLack } = await import('./container-runner.ts')
  const image = imageOf(setup)
  const lack = await findLack(image)
  if (lack === undefined) return new ContainerRunner(setup, image)
  if (wish === 'required') throw new Error(`PARLEY_TEST_DOCKER=required, but ${lack} (deploy/images/README.md)`)
  return await ProgramRunner.create(setup)
}

/** Says, once, where a server runs from. */
export function announce(setup: ServerSetup, { from }: Runner, version: string): void {
  const { product, program } = setup
  const origin = from === 'docker' ? `container of ${imageOf(setup)},` : 'program'
  const line = `${product}: ${origin} ${program} ${version}`
  if (said.has(line)) return
  said.add(line)
  console.info(line)
}

function imageOf({ product }: ServerSetup): string {
  return process.env[`PARLEY_TEST_${product.toUpperCase()}_IMAGE`] ?? `parley-test-${product}`
}
