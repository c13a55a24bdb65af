// Runs the single-page application in a real browser: `node spa.js MOCK_SERVER SITE [SCREENSHOT DIRECTORY]`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const [mockServer, site, given] = process.argv.slice(2);
const screenshots = given ?? mkdtempSync(join(tmpdir(), 'workos-login-spa-'));
mkdirSync(screenshots, { recursive: true });

const NAME = 'workos_login_browser_example';
const CLIENT_ID = 'client_01K1TESTC11ENT000000000000';

/** The application with its page, on an origin of its own, and the service. */
class World {
  static async start(storage, options = []) {
    const world = new World();
    world.pages = createServer((request, response) => world.#respond(request, response, storage));
    await new Promise((resolve) => world.pages.listen(0, '127.0.0.1', resolve));
    world.origin = `http://127.0.0.1:${world.pages.address().port}`;
    const args = ['--auto', 'alice@example.com', '--allow-origin', world.origin, ...options];
    if (storage === 'cookie') args.push('--refresh-cookie');
    world.service = spawn(mockServer, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const line = await new Promise((resolve) => world.service.stdout.once('data', resolve));
    world.baseUrl = String(line).trim();
    return world;
  }

  end() {
    this.service.kill('SIGKILL');
    this.pages.close();
    this.pages.closeAllConnections();
  }

  #respond(request, response, storage) {
    const { pathname } = new URL(request.url, this.origin);
    const file = { [`/${NAME}.js`]: 'text/javascript', [`/${NAME}_bg.wasm`]: 'application/wasm' }[pathname];
    if (file) {
      response.writeHead(200, { 'content-type': file }).end(readFileSync(join(site, pathname)));
    } else if (pathname === '/start.js') {
      const start = `import init from './${NAME}.js';\nawait init({ module_or_path: '/${NAME}_bg.wasm' });\n`;
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(start);
    } else if (['/', '/callback'].includes(pathname)) {
      const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${this.baseUrl}; require-trusted-types-for 'script'`;
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
      response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Example</title>
<body data-client-id="${CLIENT_ID}" data-base-url="${this.baseUrl}" data-refresh-token="${storage}">
<h1 id="user">Loading</h1><p id="warning"></p><p id="error"></p>
<button id="login">Log in</button> <button id="token">Use the token</button> <button id="logout">Log out</button>
<script type="module" src="/start.js"></script>`);
    } else {
      response.writeHead(204).end();
    }
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

async function logIn(page) {
  await page.getByRole('button', { name: 'Log in' }).click();
  await greeted(page);
}

const shows = (page, text) =>
  page.waitForFunction((text) => document.getElementById('user')?.textContent === text, text);
const greeted = (page) => shows(page, 'Hello Alice');
const useToken = (page) => page.getByRole('button', { name: 'Use the token' }).click();
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
      assert.equal(refreshes(requests).length, 0, 'the second tab has the session of the first');
      await one.waitForTimeout(4100);
      await Promise.all([useToken(one), useToken(two)]);
      for (const page of [one, two]) await page.waitForSelector('body[data-done]');
      assert.equal(refreshes(requests).length, 1);
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
      await one.getByRole('button', { name: 'Log out' }).click();
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
      await page.waitForSelector('body[data-done]');
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
      await page.waitForSelector('body[data-done="1"]');
      assert.match(await page.innerText('#error'), /has not ended/);
      await context.setOffline(false);
      await page.waitForTimeout(3000);
      await useToken(page);
      await page.waitForSelector('body[data-done="2"]');
      assert.equal(await page.innerText('#error'), '');
      expectNetworkErrors(errors);
    } finally {
      world.end();
    }
  },

  'a callback with an unexpected state is rejected': async (context) => {
    const world = await World.start('cookie');
    try {
      const requests = [];
      const page = await open(context, world, requests, '/callback?code=stolen&state=unexpected');
      await shows(page, 'Not logged in');
      await isClean(page);
      assert.deepEqual(requests, []);
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
  args: ['--disable-background-networking', '--disable-component-update', '--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run'],
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
