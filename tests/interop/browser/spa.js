// Runs the single-page application in a real browser: `node spa.js MOCK_SERVER SITE [SCREENSHOT DIRECTORY]`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { chromium } from 'playwright-core';

const [mockServer, site, given] = process.argv.slice(2);
const screenshots = given ?? mkdtempSync(join(tmpdir(), 'workos-login-spa-'));
mkdirSync(screenshots, { recursive: true });

const CLIENT_ID = 'client_01K1TESTC11ENT000000000000';

/** The application with its page, on an origin of its own, and the service. */
class World {
  static async start(storage, options = []) {
    const world = new World();
    world.pages = createServer((request, response) => world.#respond(request, response, storage));
    await new Promise((resolve) => world.pages.listen(0, '127.0.0.1', resolve));
    world.origin = `http://127.0.0.1:${world.pages.address().port}`;
    const args = ['--log', '--auto', 'alice@example.com', '--allow-origin', world.origin, ...options];
    if (storage === 'cookie') args.push('--refresh-cookie');
    world.service = spawn(mockServer, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines = createInterface({ input: world.service.stdout });
    world.baseUrl = await new Promise((resolve, reject) => {
      lines.once('line', resolve);
      world.service.once('exit', () => reject(new Error('the mock server ended')));
    });
    lines.on('line', (line) => world.log.push(line));
    return world;
  }

  /** The requests in the log of the service. */
  log = [];

  refreshes() {
    return this.log.filter((line) => line === 'POST /user_management/authenticate refresh_token').length;
  }

  end() {
    this.service.kill('SIGKILL');
    this.pages.close();
    this.pages.closeAllConnections();
  }

  #respond(request, response, storage) {
    const { pathname } = new URL(request.url, this.origin);
    const name = ['/', '/callback'].includes(pathname) ? '/index.html' : pathname;
    const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
    const type = types[extname(name)];
    if (!type) return response.writeHead(404).end();
    let body = readFileSync(join(site, name));
    if (type === 'text/html') {
      const attributes = `data-base-url="${this.baseUrl}" data-refresh-token="${storage}"`;
      body = String(body).replace('data-refresh-token="local-storage"', attributes);
    }
    const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${this.baseUrl}; img-src data:; require-trusted-types-for 'script'`;
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body);
  }
}

/** Opens the application, and records the token requests. */
async function open(context, world, requests, path = '/') {
  const page = await context.newPage();
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/user_management/authenticate')) {
      requests.push(request.postDataJSON());
    }
  });
  await page.goto(world.origin + path);
  await page.waitForFunction(() => document.getElementById('user').textContent !== 'Loading');
  return page;
}

const click = (page, name) => page.getByRole('button', { name }).click();

async function logIn(page) {
  await click(page, 'Log in');
  await greeted(page);
}

const shows = (page, text) =>
  page.waitForFunction((text) => document.getElementById('user')?.textContent === text, text);
const greeted = (page) => shows(page, 'Hello Alice');
const useToken = (page) => click(page, 'Use the token');
const done = (page, count = 1) => page.waitForSelector(`body[data-done="${count}"]`);

/** Hides or shows the page: the browser of a test does neither. */
const setHidden = (page, hidden) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
const refreshes = (requests) => requests.filter((body) => body.grant_type === 'refresh_token');

/** Checks that no token and no code is in a storage, in the address or in the page. */
async function isClean(page) {
  const found = await page.evaluate(() => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    address: location.search + location.hash,
    html: document.documentElement.outerHTML,
    cookies: document.cookie,
  }));
  assert.deepEqual([found.local, found.session, found.address], [[], [], '']);
  assert.doesNotMatch(found.html + found.cookies, /eyJ|mock-refresh-token/);
}

const checks = {
  'a login by redirect, and a reload restores it': async (context, errors) => {
    const world = await World.start('cookie');
    try {
      const requests = [];
      const page = await open(context, world, requests);
      await logIn(page);
      await isClean(page);
      await page.screenshot({ path: join(screenshots, 'logged-in.png') });
      await page.reload();
      await greeted(page);
      await isClean(page);
      assert.deepEqual(refreshes(requests), [{ grant_type: 'refresh_token', client_id: CLIENT_ID }]);
      await context.clearCookies({ name: 'workos-has-session' });
      await page.reload();
      await shows(page, 'Not logged in');
      assert.equal(refreshes(requests).length, 1, 'without the hint cookie, nothing is sent');
    } finally {
      world.end();
    }
  },

  'two tabs at expiry send one refresh': async (context) => {
    const world = await World.start('cookie', ['--access-token-lifetime', '4s']);
    try {
      const requests = [];
      const one = await open(context, world, requests);
      await logIn(one);
      const two = await open(context, world, requests);
      await greeted(two);
      assert.equal(world.refreshes(), 0, 'the second tab has the session of the first');
      await one.waitForTimeout(4100);
      await Promise.all([useToken(one), useToken(two)]);
      for (const page of [one, two]) await done(page);
      assert.equal(world.refreshes(), 1);
      for (const page of [one, two]) assert.equal(await page.innerText('#error'), '');
    } finally {
      world.end();
    }
  },

  'a logout is seen in the other tab': async (context) => {
    const world = await World.start('cookie');
    try {
      const one = await open(context, world, []);
      await logIn(one);
      const two = await open(context, world, []);
      await greeted(two);
      await click(one, 'Log out');
      await shows(two, 'Not logged in');
      await shows(one, 'Not logged in');
      await isClean(two);
    } finally {
      world.end();
    }
  },

  // A gateway responds in place of the service. Chromium itself repeats a request whose connection was closed without a response.
  'a lost response is repeated': async (context, errors) => {
    const options = ['--access-token-lifetime', '2s', '--replay-window', '10s', '--fault', 'refresh:response-replaced=504'];
    const world = await World.start('memory', options);
    try {
      const requests = [];
      const page = await open(context, world, requests);
      await logIn(page);
      await page.waitForTimeout(2100);
      await useToken(page);
      await done(page);
      assert.equal(await page.innerText('#error'), '');
      const [first, second] = refreshes(requests);
      assert.equal(refreshes(requests).length, 2);
      assert.deepEqual(first, second);
      expectNetworkErrors(errors);
    } finally {
      world.end();
    }
  },

  'the session outlives a time without network': async (context, errors) => {
    const world = await World.start('memory', ['--access-token-lifetime', '2s']);
    try {
      const page = await open(context, world, []);
      await logIn(page);
      await page.waitForTimeout(2100);
      await context.setOffline(true);
      await useToken(page);
      await done(page);
      assert.match(await page.innerText('#error'), /has not ended/);
      await context.setOffline(false);
      await page.waitForTimeout(3000);
      await useToken(page);
      await done(page, 2);
      assert.equal(await page.innerText('#error'), '');
      expectNetworkErrors(errors);
    } finally {
      world.end();
    }
  },

  'a callback with an unexpected state is rejected, and the pending login is kept': async (context) => {
    const world = await World.start('cookie');
    try {
      const requests = [];
      const page = await open(context, world, requests);
      // The browser stays on the page.
      await context.route('**/user_management/authorize?*', (route) => route.fulfill({ status: 204 }), { times: 1 });
      const begun = page.waitForRequest('**/user_management/authorize?*');
      await click(page, 'Log in');
      const authorizationUrl = (await begun).url();
      await page.goto(`${world.origin}/callback?code=stolen&state=unexpected`);
      await shows(page, 'Not logged in');
      assert.equal(page.url(), `${world.origin}/callback`);
      assert.match(await page.innerText('#error'), /no pending login/);
      assert.deepEqual(requests, []);
      await page.goto(authorizationUrl);
      await greeted(page);
      await isClean(page);
    } finally {
      world.end();
    }
  },

  'a request without a response is aborted and repeated': async (context, errors) => {
    const options = ['--access-token-lifetime', '2s', '--replay-window', '10s', '--fault', 'refresh:hang'];
    const world = await World.start('memory', options);
    try {
      const page = await open(context, world, []);
      await logIn(page);
      await page.waitForTimeout(2100);
      const failed = page.waitForEvent('requestfailed');
      const sent = page.waitForRequest('**/user_management/authenticate');
      await useToken(page);
      await sent;
      const { held } = await page.evaluate(() => navigator.locks.query());
      assert.deepEqual(held.map(({ name }) => name), ['WORKOS_REFRESH_SESSION'], 'the lock of authkit-js');
      assert.equal((await failed).failure().errorText, 'net::ERR_ABORTED');
      await done(page);
      assert.equal(await page.innerText('#error'), '');
      assert.equal(world.refreshes(), 2);
    } finally {
      world.end();
    }
  },

  // On the origin of the service, because the response without an end has no headers for CORS.
  'a body without an end is read up to the limit': async (context) => {
    const world = await World.start('memory', ['--site', site, '--fault', 'code-exchange:endless-body']);
    try {
      world.origin = world.baseUrl;
      const page = await open(context, world, []);
      await click(page, 'Log in');
      await page.waitForFunction(() => document.getElementById('error')?.textContent !== '');
      assert.match(await page.innerText('#error'), /bytes/);
      await logIn(page);
    } finally {
      world.end();
    }
  },

  'a hidden page refreshes nothing until it is visible': async (context) => {
    const world = await World.start('memory', ['--access-token-lifetime', '2s']);
    try {
      const page = await open(context, world, []);
      await logIn(page);
      await setHidden(page, true);
      await page.waitForTimeout(2100);
      await useToken(page);
      // A refresh begins with the lock of the tabs.
      const locks = await page.evaluate(() => navigator.locks.query());
      assert.deepEqual([...locks.held, ...locks.pending], []);
      await setHidden(page, false);
      await done(page);
      assert.equal(world.refreshes(), 1);

      await setHidden(page, true);
      await page.waitForTimeout(2100);
      const refreshed = page.waitForResponse((response) => response.request().method() === 'POST');
      await setHidden(page, false);
      await refreshed;
      assert.equal(world.refreshes(), 2, 'due when it becomes visible, without a call');
    } finally {
      world.end();
    }
  },

  'the organization is switched by a refresh': async (context) => {
    const world = await World.start('cookie');
    try {
      const requests = [];
      const page = await open(context, world, requests);
      await logIn(page);
      await click(page, 'Switch the organization');
      await done(page);
      const [{ organization_id: sent }] = refreshes(requests);
      assert.match(sent, /^org_/);
      assert.equal(await page.innerText('#organization'), sent);
      assert.equal(await page.innerText('#error'), '');
    } finally {
      world.end();
    }
  },

  'for development, a reload restores the session from localStorage': async (context) => {
    const world = await World.start('local-storage');
    try {
      const requests = [];
      const page = await open(context, world, requests);
      await logIn(page);
      const kept = () => page.evaluate(() => Object.entries(localStorage));
      const [[key, token], ...others] = await kept();
      assert.equal(key, `workos:refresh-token:${CLIENT_ID}`);
      assert.deepEqual(others, []);
      await page.reload();
      await greeted(page);
      assert.equal(refreshes(requests)[0].refresh_token, token);
      assert.notEqual((await kept())[0][1], token, 'the new refresh token is kept');
      await click(page, 'Log out');
      await page.waitForURL(`${world.origin}/`);
      await shows(page, 'Not logged in');
      assert.deepEqual(await kept(), []);
    } finally {
      world.end();
    }
  },

  'no token is kept in localStorage on another origin than loopback': async (context, errors) => {
    const world = await World.start('local-storage');
    try {
      const page = await context.newPage();
      await page.goto(world.origin.replace('127.0.0.1', 'app.example'));
      await page.waitForFunction(() => document.getElementById('error').textContent !== '');
      assert.match(await page.innerText('#error'), /localStorage/);
      expectNetworkErrors(errors);
    } finally {
      world.end();
    }
  },
};

/** Removes what the browser reports for a failed request, which the check has caused. */
function expectNetworkErrors(errors) {
  const others = errors.filter((error) => !/net::ERR_|status of 504|blocked by CORS policy/.test(error));
  errors.splice(0, errors.length, ...others);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--disable-background-networking', '--disable-component-update', '--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run',
    '--host-resolver-rules=MAP app.example 127.0.0.1'],
});
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  context.setDefaultTimeout(25_000);
  const errors = [];
  context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  context.on('weberror', (error) => errors.push(error.error().message));
  try {
    await check(context, errors);
    assert.deepEqual(errors, []);
    console.log(`single-page application: ${name} ... ok`);
  } catch (error) {
    failed += 1;
    console.log(`single-page application: ${name} ... FAILED: ${error.message} ${errors}`);
  } finally {
    await context.close();
  }
}
await browser.close();
console.log(`screenshots: ${screenshots}`);
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
