import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EventQueue } from './event-queue.ts'
import { freePort } from './free-port.ts'
import { createWorkFolder } from './work-folder.ts'

/**
 * nginx in front of a server, as it comes: it buffers, and speaks HTTP/1.0 to the server. Only Host must stay what the client
 * sent, as it names the IM domain. Further directives are the test's.
 */
export class Nginx implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #log = new EventQueue<string>()
  #child: ChildProcess

  private constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
    this.#child = this.#spawn()
  }

  static async start(serverPort: number, directives = ''): Promise<Nginx> {
    const folder = await createWorkFolder('nginx')
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), configuration(folder, port, serverPort, directives))
    const nginx = new Nginx(port, folder)
    await nginx.#started()
    return nginx
  }

  /** Reads its configuration again: new workers for new connections, while old workers serve the old ones to their end. */
  async reload(): Promise<void> {
    this.#log.takeAll()
    this.#child.kill('SIGHUP')
    await this.#log.next('new nginx worker', (line) => /start worker process /.test(line))
  }

  /** Ends all of it at once, with every connection. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    const exited = once(this.#child, 'close')
    // Its workers outlive a master that has no time to say good-bye; they are a process group of their own.
    process.kill(-pid, 'SIGKILL')
    await exited
  }

  async restart(): Promise<void> {
    this.#child = this.#spawn()
    await this.#started()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true })
  }

  #spawn(): ChildProcess {
    const words = ['-e', 'stderr', '-p', this.#folder, '-c', join(this.#folder, 'nginx.conf')]
    const child = spawn('nginx', words, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
    createInterface({ input: child.stderr }).on('line', (line) => this.#log.push(line))
    return child
  }

  async #started(): Promise<void> {
    await this.#log.next('nginx worker', (line) => /start worker process /.test(line))
    // The master listens before it starts workers.
    const socket = connect(this.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
  }
}

function configuration(folder: string, port: number, serverPort: number, directives: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log stderr notice;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      # Connections to the server are kept and shared by all clients, if the directives ask for that.
      upstream parley {
        server 127.0.0.1:${serverPort};
        keepalive 1;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://parley;
          proxy_set_header Host $http_host;
          ${directives}
        }
      }
    }
  `
}
