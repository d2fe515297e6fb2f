import { type ChildProcess, spawn } from 'node:child_process'

/** The label of all containers and networks of one run. */
export const runLabel = 'parley.pods'

/**
 * Starts a process that removes all containers and networks of a run once we are gone, however that happens: its input ends with us.
 *
 * NOTE: in a session of its own, so that Ctrl-C does not end it before it has done its work.
 */
export function removeAfterUs(run: string): ChildProcess {
  const script = `read -r _
    docker ps --all --quiet --filter "label=$0" | xargs --no-run-if-empty docker rm --force --volumes
    docker network ls --quiet --filter "label=$0" | xargs --no-run-if-empty docker network rm`
  const words = ['-c', script, `${runLabel}=${run}`]
  const warden = spawn('sh', words, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  warden.unref()
  return warden
}
