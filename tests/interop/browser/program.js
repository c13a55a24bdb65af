// The terminal program, as a person's shell runs it.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const HAND_OVER = fileURLToPath(new URL('hand-over.js', import.meta.url));
const PATIENCE = 30_000;

export class Program {
  output = '';

  /** Starts it, with a browser that hands the address over. */
  static async start(file, args) {
    const program = new Program();
    await program.#start(file, args);
    return program;
  }

  async #start(file, args) {
    this.folder = mkdtempSync(join(tmpdir(), 'workos-login-interop-'));
    const socket = join(this.folder, 'address');
    this.server = createServer();
    this.address = new Promise((resolve) => {
      this.server.once('connection', (connection) => resolve(text(connection)));
    });
    await new Promise((resolve) => this.server.listen(socket, resolve));
    this.process = spawn(file, args, {
      env: { ...process.env, ADDRESS_SOCKET: socket, BROWSER: HAND_OVER },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (more) => this.#took(more));
    }
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', resolve);
    });
  }

  /** The address that it opened in its browser. */
  async opened() {
    return this.#within(this.address, 'opened no address');
  }

  /** What it prints first that fits the pattern. */
  async printed(pattern) {
    const seen = new Promise((resolve) => {
      this.seen = () => pattern.test(this.output) && resolve(this.output.match(pattern)[0]);
      this.seen();
    });
    return this.#within(seen, `did not print ${pattern}`);
  }

  /** The code it exits with. */
  async exited() {
    return this.#within(this.ended, 'did not end');
  }

  end() {
    this.process.kill('SIGKILL');
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }

  #took(more) {
    this.output += more;
    this.seen?.();
  }

  async #within(promise, otherwise) {
    let timer;
    const late = new Promise((_, reject) => {
      const error = () => new Error(`the program ${otherwise}; it printed:\n${this.output}`);
      timer = setTimeout(() => reject(error()), PATIENCE);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }
}
