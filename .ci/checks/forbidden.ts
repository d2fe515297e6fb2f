/** What style.md forbids and a machine can see: one function a rule. */
import { type Finding, findLines, readProject, report, type SourceFile } from './source-file.ts'

type Rule = (file: SourceFile) => Finding[]

/** Time and randomness come through the ports Clock and Ids. */
export const clocks: Rule = (file) => {
  if (
    !isProductCode(file) ||
    /^packages\/(?:server|bench)\/|^packages\/domain\/src\/(?:clock|ids)\.ts$/.test(file.path)
  )
    return []
  return findLines(
    file,
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\b/,
    'takes the time or a random number: use Clock or Ids',
  )
}

/** Only measurements, and the port Clock, measure time. */
export const stopwatches: Rule = (file) =>
  isProductCode(file) && !/^packages\/(?:bench\/|domain\/src\/clock\.ts$)/.test(file.path)
    ? findLines(file, /\bperformance\.(?:now|timeOrigin)\b/, 'measures time: use Clock')
    : []

/** The environment is read in one place; tests hand theirs on to programs that they start. */
export const environment: Rule = (file) =>
  isProductCode(file) && !/^packages\/(?:server|bench|testkit)\/|^test-e2e\//.test(file.path)
    ? findLines(file, /\bprocess\.env\b/, 'reads the environment: take what it needs as an argument')
    : []

/** A test runs, always. */
export const skippedTests: Rule = (file) =>
  isTest(file)
    ? findLines(
        file,
        /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|todo|only|skipIf|runIf|fails)\b|\bx(?:it|describe)\(/,
        'a test that does not run: make it run or delete it',
      )
    : []

/** A test waits for what happens, or moves the clock; a deadline that ends a failing test is fine. */
export const sleepingTests: Rule = (file) =>
  isTest(file)
    ? findLines(
        file,
        /\bawait\b.*\bsetTimeout\(|=>\s*setTimeout\(\s*\w+\s*,|import \{[^}]*\bsetTimeout\b.*timers\/promises|\bsleep\(|[{,]\s*retry:/,
        'a test that sleeps or tries again: wait for the event, or move the clock',
      )
    : []

/** Nothing in the project knows the machine it was written on. */
export const machinePaths: Rule = (file) =>
  file.path.startsWith('.ci/checks/')
    ? []
    : findLines(file, /(?<![\w.~})-])\/(?:work|farm)\//, 'names a path of one machine', { comments: true })

/** Lock files bind nobody to one registry. */
export const downloadAddresses: Rule = (file) =>
  /(?:^|\/)(?:pnpm-lock\.yaml|package-lock\.json)$/.test(file.path)
    ? findLines(file, /"resolved":|\btarball:|\bregistry[:=]/, 'a download address: the lock file must not name one')
    : []

/** A file holds one concept. */
export const longFiles: Rule = ({ path, text }) => {
  const lines = text.split('\n').length - 1
  return /\.(?:ts|mjs|js|c|sh)$/.test(path) && lines > 400
    ? [{ path, message: `${lines} lines: 400 is the bound` }]
    : []
}

/** An index names what it exports. */
export const starExports: Rule = (file) =>
  file.path.endsWith('.ts') ? findLines(file, /^\s*export\s*\*/, 'exports everything: name what is exported') : []

/** A file is named after its concept. */
export const namelessFiles: Rule = ({ path }) =>
  /(?:^|\/)(?:utils?|helpers?|common|types|misc|shared)(?:\.test)?\.\w+$/.test(path)
    ? [{ path, message: 'the concept has no name yet: name it or inline it' }]
    : []

/** Files are named in kebab-case. */
export const fileNames: Rule = ({ path }) =>
  /^(?:packages|test-e2e|\.ci)\/.*\.ts$/.test(path) && !/\/[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*\.ts$/.test(path)
    ? [{ path, message: 'the name is not kebab-case' }]
    : []

const rules: readonly Rule[] = [
  clocks,
  stopwatches,
  environment,
  skippedTests,
  sleepingTests,
  machinePaths,
  downloadAddresses,
  longFiles,
  starExports,
  namelessFiles,
  fileNames,
]

function isProductCode({ path }: SourceFile): boolean {
  return /^(?:packages|test-e2e)\/.*\.ts$/.test(path)
}

function isTest({ path }: SourceFile): boolean {
  return /\.test\.ts$|^packages\/[^/]+\/tests\/|^test-e2e\/.*\.ts$/.test(path) && !path.startsWith('.ci/')
}

if (import.meta.main) report(readProject().flatMap((file) => rules.flatMap((rule) => rule(file))))
