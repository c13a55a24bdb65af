// Runs the example `replica` of workos-login-axum in a real browser: `node axum.js REPLICA MOCK_SERVER [SCREENSHOT DIRECTORY]`.
//
// The replicas are behind a load balancer with TLS. Each check runs with sealed cookies and one replica, and with Redis and two.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { chromium } from 'playwright-core';

const [replicaProgram, mockServer, given] = process.argv.slice(2);
const screenshots = given ?? mkdtempSync(join(tmpdir(), 'workos-login-axum-'));
mkdirSync(screenshots, { recursive: true });

const SESSION = '__Host-workos-session';
const GLOBEX = 'org_01K1G10BEX0000000000000000';
/** An access token is due for refresh after half of this time. */
const LIFETIME = 6_000;

const directory = mkdtempSync(join(tmpdir(), 'workos-login-axum-world-'));
const file = (name) => join(directory, name);
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
  '-subj', '/CN=localhost', '-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'ignore' });
for (const name of ['1.key', '2.key']) writeFileSync(file(name), randomBytes(32));

const listening = (server) => new Promise((resolve) => server.listen(0, 'localhost', resolve));
const firstLine = (process) => new Promise((resolve, reject) => {
  process.stdout.setEncoding('utf8').once('data', (text) => resolve(text.split('\n')[0]));
  process.once('exit', (code) => reject(new Error(`a program ended with ${code}`)));
});

/** Passes a request on to a port of the loopback interface. */
function forward(port, request, response, body) {
  const options = { host: '127.0.0.1', port, method: request.method, path: request.url, headers: request.headers };
  const forwarded = send(options, (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(response);
  });
  forwarded.on('error', () => response.writeHead(502).end());
  if (body === undefined) request.pipe(forwarded);
  else forwarded.end(body);
}

/** The service, the replicas, the load balancer in front of them, and Redis. */
class World {
  processes = [];
  replicas = [];
  refreshes = 0;
  served = new Set();

  static async start(kind) {
    const world = new World();
    world.kind = kind;
    await world.#startService();
    if (kind === 'redis') await world.#startRedis();
    world.balancer = createTlsServer(
      { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) },
      (request, response) => {
        if (world.held && request.url.startsWith('/callback?')) {
          world.held(world.origin + request.url);
          world.held = undefined;
          return response.writeHead(204).end();
        }
        const next = world.replicas.shift();
        world.replicas.push(next);
        world.served.add(next.port);
        return forward(next.port, request, response);
      },
    );
    await listening(world.balancer);
    world.origin = `https://localhost:${world.balancer.address().port}`;
    await world.startReplicas(`1:${file('1.key')}`);
    return world;
  }

  /** Ends all replicas, and starts new ones with these keys. */
  async startReplicas(keys) {
    for (const replica of this.replicas.splice(0)) await this.#end(replica.process);
    for (let left = this.kind === 'redis' ? 2 : 1; left > 0; left -= 1) {
      const process = this.#spawn(replicaProgram, [], {
        LISTEN: '127.0.0.1:0',
        PUBLIC_URL: this.origin,
        SESSION_KEYS: keys,
        WORKOS_API_KEY: 'sk_test_this_opens_nothing',
        WORKOS_BASE_URL: this.baseUrl,
        WORKOS_CLIENT_ID: 'client_01K1TESTC11ENT000000000000',
        ...(this.kind === 'redis' && { REDIS_URL: `unix:${this.socket}` }),
      });
      const line = await firstLine(process);
      this.replicas.push({ process, port: Number(line.match(/:(\d+): open /)[1]) });
    }
  }

  /** Kills one replica. The load balancer uses the others. */
  async killReplica() {
    await this.#end(this.replicas.shift().process);
  }

  /** Responds to the next callback in place of the replica, and returns its URL. */
  holdCallback() {
    return new Promise((resolve) => {
      this.held = resolve;
    });
  }

  async end() {
    for (const process of this.processes) await this.#end(process);
    for (const server of [this.balancer, this.proxy]) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** A proxy in front of the mock server counts the refreshes. */
  async #startService() {
    const process = this.#spawn(mockServer, ['--access-token-lifetime', `${LIFETIME}ms`], {});
    const port = new URL((await firstLine(process)).trim()).port;
    this.proxy = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      if (body.includes('refresh_token')) this.refreshes += 1;
      forward(port, request, response, body);
    });
    await listening(this.proxy);
    this.baseUrl = `http://localhost:${this.proxy.address().port}`;
  }

  async #startRedis() {
    this.socket = file('redis');
    this.#spawn('redis-server', ['--port', '0', '--unixsocket', this.socket, '--dir', directory, '--save', ''], {});
    const isReady = () => new Promise((resolve) => {
      const connection = connect(this.socket, () => resolve(true)).on('error', () => resolve(false));
      connection.unref();
    });
    while (!(await isReady())) await pause(20);
  }

  #spawn(program, args, variables) {
    const child = spawn(program, args, { env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'ignore'] });
    this.processes.push(child);
    return child;
  }

  async #end(process) {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await ended;
  }
}

/** Logs in on the page of the service that is shown. */
async function logIn(page, email = 'carol@example.com') {
  await page.getByLabel(email).check();
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function logInTo(page, world, path = '/admin', email = 'carol@example.com') {
  await page.goto(world.origin + path);
  await logIn(page, email);
  await page.waitForURL(world.origin + path);
}

const isLoggedInAs = async (page, email) => assert.equal(await page.innerText('#user'), email);
const cookiesOf = (context, world) => context.cookies(world.origin);
const sessionOf = async (context, world) => (await cookiesOf(context, world)).find(({ name }) => name === SESSION);
const untilDue = () => pause(LIFETIME / 2 + 200);

const checks = {
  'a login returns to the page asked for, and the cookies are safe': async (context, world) => {
    const page = await context.newPage();
    await page.goto(`${world.origin}/admin?tab=a%20b`);
    const pending = await cookiesOf(context, world);
    assert.equal(pending.length, 1);
    assert.match(pending[0].name, /^__Host-workos-login-[0-9a-f]{8}$/);
    await logIn(page);
    await page.waitForURL(`${world.origin}/admin?tab=a%20b`);
    await isLoggedInAs(page, 'carol@example.com');
    const session = await cookiesOf(context, world);
    assert.deepEqual(session.map(({ name }) => name), [SESSION]);
    for (const cookie of [...pending, ...session]) {
      const { domain, httpOnly, path, sameSite, secure } = cookie;
      assert.deepEqual({ domain, httpOnly, path, sameSite, secure },
        { domain: 'localhost', httpOnly: true, path: '/', sameSite: 'Lax', secure: true });
      const text = cookie.value + Buffer.from(cookie.value.replace(/^\d\./, ''), 'base64url').toString('latin1');
      assert.doesNotMatch(text, /eyJ|carol|mock/, 'a cookie shows its content');
    }
    assert.equal(await page.evaluate(() => document.cookie), '');
    sizes[world.kind] = { pending: pending[0].value.length, session: session[0].value.length };
    await page.screenshot({ path: join(screenshots, `${world.kind}-admin.png`) });
    await page.goto(world.origin);
    await page.screenshot({ path: join(screenshots, `${world.kind}-home.png`) });
  },

  'two tabs log in at once': async (context, world) => {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await one.goto(`${world.origin}/admin`);
    await two.goto(`${world.origin}/transfer`);
    assert.equal((await cookiesOf(context, world)).length, 2);
    await logIn(one);
    await one.waitForURL(`${world.origin}/admin`);
    await logIn(two);
    await two.waitForURL(`${world.origin}/transfer`);
    assert.deepEqual((await cookiesOf(context, world)).map(({ name }) => name), [SESSION]);
    await one.reload();
    await isLoggedInAs(one, 'carol@example.com');
  },

  'a refresh while a page loads': async (context, world) => {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await logInTo(one, world);
    await two.goto(world.origin);
    const before = await sessionOf(context, world);
    await untilDue();
    const [statuses] = await Promise.all([
      one.evaluate(() => Promise.all(Array.from({ length: 8 }, async () => {
        const response = await fetch('/admin');
        return [response.status, response.redirected];
      }))),
      two.goto(`${world.origin}/admin`),
    ]);
    assert.deepEqual(statuses, Array.from({ length: 8 }, () => [200, false]));
    await isLoggedInAs(two, 'carol@example.com');
    assert.equal(world.refreshes, 1);
    const after = await sessionOf(context, world);
    assert.equal(after.value === before.value, world.kind === 'redis', 'only a sealed session has another cookie');
    await pause(LIFETIME);
    await one.reload();
    await isLoggedInAs(one, 'carol@example.com');
    assert.equal(world.refreshes, 2);
  },

  'another site cannot log out, and a logout is seen in the other tab': async (context, world) => {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await logInTo(one, world);
    await two.route('http://127.0.0.1:1/', (route) => route.fulfill({
      contentType: 'text/html',
      body: `<a href="${world.origin}/logout">Win</a><form method="post" action="${world.origin}/logout"><button>Win</button></form>`,
    }));
    for (const role of ['link', 'button']) {
      await two.goto('http://127.0.0.1:1/');
      await two.getByRole(role).click();
      await two.waitForURL(`${world.origin}/logout`);
      await one.reload();
      await isLoggedInAs(one, 'carol@example.com');
    }

    await two.goto(`${world.origin}/admin`);
    await one.getByRole('button', { name: 'Log out' }).click();
    await one.waitForURL(`${world.origin}/`);
    await isLoggedInAs(one, 'Not logged in');
    assert.deepEqual(await cookiesOf(context, world), []);
    await two.reload();
    assert.equal(await two.getByRole('heading').innerText(), 'Log in');

    await logIn(two);
    await two.getByRole('link', { name: 'Log out by a link' }).click();
    await two.waitForURL(`${world.origin}/`);
    await isLoggedInAs(two, 'Not logged in');
  },

  'a session outlives a key rotation': async (context, world) => {
    const page = await context.newPage();
    await logInTo(page, world);
    const [old, next] = [`1:${file('1.key')}`, `2:${file('2.key')}`];
    for (const keys of [`${old},${next}`, `${next},${old}`]) {
      await world.startReplicas(keys);
      await page.reload();
      await isLoggedInAs(page, 'carol@example.com');
    }
    await untilDue();
    await page.reload();
    await world.startReplicas(next);
    await page.reload();
    await isLoggedInAs(page, 'carol@example.com');
  },

  'an organization switch': async (context, world) => {
    const page = await context.newPage();
    await page.goto(`${world.origin}/login?organization_id=org_01K1ACME00000000000000000A&return_to=/admin`);
    await logIn(page, 'bob@example.com');
    await page.waitForURL(`${world.origin}/admin`);
    await page.getByLabel('Organization').fill(GLOBEX);
    await page.getByRole('button', { name: 'Switch' }).click();
    await page.waitForURL(`${world.origin}/admin`);
    for (let count = 0; count < 4; count += 1) {
      assert.equal(await page.innerText('#organization'), GLOBEX);
      await page.reload();
    }
  },

  'a callback in another browser is rejected': async (context, world) => {
    const attacker = await context.newPage();
    await attacker.goto(`${world.origin}/login`);
    const held = world.holdCallback();
    await logIn(attacker);
    const callback = await held;
    const other = await context.browser().newContext({ ignoreHTTPSErrors: true });
    try {
      const victim = await other.newPage();
      const response = await victim.goto(callback);
      assert.equal(response.status(), 400);
      assert.match(await victim.innerText('body'), /not begun in this browser/);
      await victim.screenshot({ path: join(screenshots, `${world.kind}-other-browser.png`) });
      assert.deepEqual(await cookiesOf(other, world), []);
      await victim.getByRole('link', { name: 'Log in' }).click();
      await logIn(victim, 'alice@example.com');
      await isLoggedInAs(victim, 'alice@example.com');
    } finally {
      await other.close();
    }
  },
};

const checksOfReplicas = {
  'a session outlives a killed replica': async (context, world) => {
    const page = await context.newPage();
    await logInTo(page, world);
    for (let count = 0; count < 4; count += 1) await page.reload();
    assert.equal(world.served.size, 2);
    await world.killReplica();
    await untilDue();
    for (let count = 0; count < 4; count += 1) {
      await page.reload();
      await isLoggedInAs(page, 'carol@example.com');
    }
    assert.equal(world.refreshes, 1);
  },
};

/** Chromium reports the pages for a rejected logout and a rejected callback. */
const isExpected = (message) => /status of 40[03]/.test(message);

const sizes = {};
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--disable-background-networking', '--disable-component-update', '--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run'],
});
let failed = 0;
let passed = 0;
for (const [kind, all] of [['sealed', checks], ['redis', { ...checks, ...checksOfReplicas }]]) {
  for (const [name, check] of Object.entries(all)) {
    const world = await World.start(kind);
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 800, height: 600 } });
    context.setDefaultTimeout(25_000);
    const errors = [];
    context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    context.on('weberror', (error) => errors.push(error.error().message));
    try {
      await check(context, world);
      assert.deepEqual(errors.filter((message) => !isExpected(message)), []);
      passed += 1;
      console.log(`axum, ${kind}: ${name} ... ok`);
    } catch (error) {
      failed += 1;
      console.log(`axum, ${kind}: ${name} ... FAILED: ${error.message} ${errors}`);
    } finally {
      await context.close();
      await world.end();
    }
  }
}
await browser.close();
rmSync(directory, { recursive: true });
console.log(`bytes of the cookies: ${JSON.stringify(sizes)}`);
console.log(`screenshots: ${screenshots}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
