// Runs the command-line program.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const BROWSER_STUB = fileURLToPath(new URL('browser-stub.js', import.meta.url));
const TIMEOUT = 30_000;

export class Program {
  output = '';

  /** Starts the program with a browser that passes the URL on. */
  static async start(file, args) {
    const program = new Program();
    await program.#start(file, args);
    return program;
  }

  async #start(file, args) {
    this.folder = mkdtempSync(join(tmpdir(), 'workos-login-interop-'));
    const socket = join(this.folder, 'url');
    this.server = createServer();
    this.url = new Promise((resolve) => {
      this.server.once('connection', (connection) => resolve(text(connection)));
    });
    await new Promise((resolve) => this.server.listen(socket, resolve));
    this.process = spawn(file, args, {
      env: { ...process.env, URL_SOCKET: socket, BROWSER: BROWSER_STUB },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (more) => this.#append(more));
    }
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', resolve);
    });
  }

  /** Returns the URL that the program opened in its browser. */
  async openedUrl() {
    return this.#withTimeout(this.url, 'did not open a URL');
  }

  /** Returns the first match of the pattern in the output. */
  async printed(pattern) {
    const seen = new Promise((resolve) => {
      this.seen = () => pattern.test(this.output) && resolve(this.output.match(pattern)[0]);
      this.seen();
    });
    return this.#withTimeout(seen, `did not print ${pattern}`);
  }

  /** Returns the exit code. */
  async exited() {
    return this.#withTimeout(this.ended, 'did not end');
  }

  end() {
    this.process.kill('SIGKILL');
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }

  #append(more) {
    this.output += more;
    this.seen?.();
  }

  async #withTimeout(promise, problem) {
    let timer;
    const late = new Promise((_, reject) => {
      const error = () => new Error(`the program ${problem}; it printed:\n${this.output}`);
      timer = setTimeout(() => reject(error()), TIMEOUT);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }
}
