import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** An image that does nothing: it holds the network of a pod while the pod's container comes and goes. */
export const pauseImage = 'parley-test-pause'

const script = `set -eu
  ! docker image inspect "$0" > /dev/null 2>&1 || exit 0
  sleep=$(readlink -f "$(command -v sleep)")
  ldd "$sleep" | grep -o '/[^ ]*' | xargs tar --create --dereference --absolute-names "$sleep" |
  docker import --change "ENTRYPOINT [\\"$sleep\\", \\"infinity\\"]" --change 'USER 65534' - "$0"`

/** Makes the image, unless it is there, of this machine's `sleep`. */
export async function makePauseImage(): Promise<void> {
  await promisify(execFile)('sh', ['-c', script, pauseImage])
}
