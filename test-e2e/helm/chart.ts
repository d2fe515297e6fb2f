import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { parse, parseAllDocuments } from 'yaml'
import { requireGoTool } from '../../.ci/go-tools.ts'
import type { Manifest } from './manifest.ts'

/** The chart’s folder. */
export const chartFolder = join(import.meta.dirname, '../../helm/parley')

/** Where a release is unless a test says where. */
export const defaultNamespace = 'im'

const examplesFolder = join(chartFolder, 'examples')

/** Values as somebody gives them with `--values`. */
export type Values = Readonly<Record<string, unknown>>

/** What a release is called, and where it is, and the version of Kubernetes there. */
export interface RenderOptions {
  readonly release?: string
  readonly namespace?: string
  readonly kubernetes?: string
}

/** Helm or the chart refused; the message is Helm’s. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** What `helm template` writes. Throws RefusedError. */
export async function renderText(values: Values, options: RenderOptions = {}): Promise<string> {
  const { release = 'parley', namespace = defaultNamespace, kubernetes } = options
  const version = kubernetes === undefined ? [] : ['--kube-version', kubernetes]
  const args = ['template', release, chartFolder, '--namespace', namespace, ...version, '--values', '-']
  const helm = spawn(requireGoTool('helm'), args, { stdio: ['pipe', 'pipe', 'pipe'] })
  helm.stdin.end(JSON.stringify(values))
  const [code, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve, reject) => helm.once('error', reject).once('close', resolve)),
    text(helm.stdout),
    text(helm.stderr),
  ])
  if (code !== 0) throw new RefusedError(stderr.trim())
  return stdout
}

/** All objects of a release, hooks included. Throws RefusedError. */
export async function render(values: Values, options: RenderOptions = {}): Promise<Manifest[]> {
  return manifestsOf(await renderText(values, options))
}

/** The objects in a text of several YAML documents, which Kubernetes reads by YAML 1.1. Throws for what is not YAML, such as a key that is there twice. */
export function manifestsOf(yaml: string): Manifest[] {
  return parseAllDocuments(yaml, { version: '1.1' }).flatMap((document) => {
    const [problem] = document.errors
    if (problem) throw problem
    const manifest = document.toJS() as Manifest | null
    return manifest === null ? [] : [manifest]
  })
}

/** What `renderText` gives, less the secrets that the chart makes up, which differ each time. */
export function withoutSecrets(text: string): string {
  return text
    .split(/^---$/m)
    .map((document) =>
      /^kind: Secret$/m.test(document) ? document.replace(/: [\w+/=]{40,}$/gm, ': made up') : document,
    )
    .join('---')
}

/** Runs a program that Go made, and resolves with what it wrote. Throws with that when it fails. */
export async function runTool(name: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(requireGoTool(name), args, { maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${name} ${args[0]}: ${stdout}${stderr}`, { cause: error })
  }
}

/** Does `work` for all of `items`, for a few at a time: each runs a program that uses a processor. */
export async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

/** Names of the documented examples. */
export function exampleNames(): string[] {
  return readdirSync(examplesFolder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
}

/** The file of an example. */
export function exampleFile(name: string): string {
  return join(examplesFolder, name)
}

/** The values of an example. */
export function exampleValues(name: string): Values {
  return parse(readFileSync(exampleFile(name), 'utf8'), { version: '1.1' }) as Values
}

/** `base` with what `change` says, where both are objects key by key, as Helm merges values. */
export function mergeValues(base: Values, ...changes: readonly Values[]): Values {
  return changes.reduce((all, change) => merge(all, change) as Values, base)
}

function merge(base: unknown, change: unknown): unknown {
  if (!isObject(base) || !isObject(change)) return change
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(change)) merged[key] = key in base ? merge(base[key], value) : value
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
