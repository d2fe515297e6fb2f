import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testPort } from '@parley/testkit'
import { PinnedProgram } from './pinned-program.ts'

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** nginx in one process, which proxies to `upstreamPort` with keep-alive on both sides and writes no log. */
export async function startNginx(
  { directory, cpu }: { directory: string; cpu: number },
  upstreamPort: number,
): Promise<PinnedProgram> {
  const folder = join(directory, 'nginx')
  mkdirSync(folder)
  const port = await testPort()
  writeFileSync(
    join(folder, 'nginx.conf'),
    `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr warn;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      upstream home {
        server 127.0.0.1:${upstreamPort};
        keepalive 256;
        keepalive_requests 1000000000;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://home;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
        }
      }
    }
  `,
  )
  const log = join(folder, 'nginx.log')
  const words = ['nginx', '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')]
  return await PinnedProgram.start({ cpu, port, logFile: log }, words)
}
