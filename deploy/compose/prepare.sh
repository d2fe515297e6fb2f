#!/bin/sh
# Makes the secrets of deploy/compose.yaml, once. Run it as root: the containers' user, 10001, is to own them.
set -eu
umask 077
cd "$(dirname -- "$0")"
if [ -e secrets ]; then
  echo "deploy/compose/secrets is there already; nothing was changed" >&2
  exit 1
fi
mkdir secrets users
for name in cluster.key redis.password nats.password; do
  openssl rand -hex 32 > "secrets/$name"
done
# Processes may use their own keys and channels. Anybody may ask whether Redis is alive, which is its health check.
cat > secrets/redis.acl << END
user default on nopass -@all +ping
user parley on >$(cat secrets/redis.password) ~parley:* &parley:* +@all -@dangerous +info +config|get
END
chown -R 10001:10001 secrets users
docker run --rm --volume "$PWD/secrets:/run/secrets:ro" --volume "$PWD/cluster.yaml:/etc/parley/cluster.yaml:ro" \
  parley nats-users --config /etc/parley/cluster.yaml > secrets/nats-users.conf
chown 10001:10001 secrets/nats-users.conf
