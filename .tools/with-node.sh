#!/bin/sh
# Installs what is missing, then becomes the given command, run by the project's own Node.
# NOTE: exec, so that a signal sent to npm's child reaches the command itself.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
node "$root/.tools/install.mjs"
PATH="$root/.tools/node_modules/.bin:$root/node_modules/.bin:$PATH"
export PATH
exec "$@"
