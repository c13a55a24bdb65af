// Drives the web view of the example `tauri` of adapters/native with WebKitWebDriver: `node tauri.js PROGRAM MOCK_SERVER [SCREENSHOT DIRECTORY]`.
//
// `tests/interop/tauri` provides the display, the session bus, the keyring and the home directory.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [program, mockServer, screenshots] = process.argv.slice(2);
const home = process.env.HOME;
const TOKEN = /eyJ|mock-refresh-token/;

/** Repeats a check until it is true. */
async function until(what, check) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const result = await check();
    if (result) return result;
    await sleep(100);
  }
  throw new Error(`timed out: ${await (what instanceof Function ? what() : what)}`);
}

/** Runs a server of this check, and returns its URL. */
async function serve(respond) {
  const server = createServer(respond).unref();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Returns a port that is free. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The API of the application, which rejects a token if it is told to. */
const api = {
  requests: [],
  rejects: 0,
  respond(request, response) {
    api.requests.push(request.url);
    const token = request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];
    if (!token || api.rejects-- > 0) {
      return response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    }
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    response.end(JSON.stringify({ path: request.url, sub }));
  },
};

/** The mock server, and the log of its requests. */
const service = { log: [] };

async function startService() {
  const args = ['--client-id', 'client_mock', '--auto', 'alice@example.com', '--log', '--end-with-stdin'];
  const child = spawn(mockServer, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve) => lines.once('line', resolve));
  lines.on('line', (line) => service.log.push(line));
  return url;
}

/** The processes of the application, also those that the desktop has started. */
function processes() {
  const executable = (pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`);
    } catch {
      return null; // It has ended.
    }
  };
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && executable(pid) === program).map(Number);
}

async function end(signal) {
  for (const pid of processes()) process.kill(pid, signal);
  await until('the application does not end', () => processes().length === 0);
}

/** The page in the web view. */
const page = {
  async connect() {
    page.session = await until('no web view', async () => {
      const { value } = await page.send('POST', '', { capabilities: {} });
      return value.sessionId;
    });
  },
  async send(method, path, body) {
    const response = await fetch(`${page.driver}/session${path}`, { method, body: body && JSON.stringify(body) });
    return response.json();
  },
  async command(method, path, body) {
    const { value } = await page.send(method, `/${page.session}${path}`, body);
    if (value?.error) throw new Error(`${path}: ${value.message}`);
    return value;
  },
  /** Runs the body of an async function in the page. */
  run: (script, ...args) =>
    page.command('POST', '/execute/async', {
      script: `const done = arguments[arguments.length - 1]; (async (...args) => {${script}})(...arguments).then(done, (error) => done('rejected: ' + error))`,
      args,
    }),
  text: () => page.run('return document.body.innerText'),
  shows: (text) =>
    until(async () => `the page does not show ${text}:\n${await page.text()}`, async () => (await page.text()).includes(text)),
  async element(selector) {
    return `/element/${Object.values(await page.command('POST', '/element', { using: 'css selector', value: selector }))[0]}`;
  },
  click: async (selector) => page.command('POST', `${await page.element(selector)}/click`, {}),
  async screenshot(name) {
    if (screenshots) writeFileSync(join(screenshots, `${name}.png`), await page.command('GET', '/screenshot'), 'base64');
  },
};

/** Starts the application as a user does. */
async function start() {
  spawn(program, { stdio: 'inherit' });
  await page.connect();
}

/** Opens a link as the browser does. */
const follow = (link) => execFileSync('xdg-open', [link], { stdio: 'inherit' });

/** Returns the URL that the application has opened in the browser. */
async function opened() {
  const file = join(home, 'opened');
  await until('no browser was opened', () => existsSync(file));
  renameSync(file, `${file}.read`);
  return readFileSync(`${file}.read`, 'utf8');
}

/** Logs in on the page of the service, and returns the link that it redirects to. */
async function callback() {
  const response = await fetch(await opened(), { redirect: 'manual' });
  return response.headers.get('location');
}

/** Makes a browser that only writes its URL to a file. */
function installBrowser() {
  const browser = join(home, 'browser');
  writeFileSync(browser, '#!/bin/sh\nprintf %s "$1" >"$HOME/opened.new"\nmv "$HOME/opened.new" "$HOME/opened"\n');
  chmodSync(browser, 0o755);
  process.env.BROWSER = `${browser} %s`;
}

/** Returns the files below the home directory that contain a token. */
const filesWithTokens = () =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && TOKEN.test(readFileSync(join(entry.parentPath, entry.name), 'latin1')))
    .map((entry) => join(entry.parentPath, entry.name));

const checks = {
  'a second process hands the link over to the running one, which logs in': async () => {
    await start();
    await page.shows('You are not logged in');
    await page.click('#log-in');
    await page.shows('Continue in the browser');
    follow('com.example.acme:/callback?code=1&state=made-up');
    await page.shows('A link was ignored');
    await page.screenshot('in-browser');
    const link = await callback();
    follow(link);
    await page.shows('Alice Adams');
    assert.doesNotMatch(await page.text(), /a link was ignored/i);
    follow(link);
    await page.shows('A link was ignored');
    assert.match(await page.text(), /alice@example\.com\nOrganization\norg_/);
    assert.equal(processes().length, 1);
  },

  'the page gets the response of an API call': async () => {
    await page.click('#api button');
    await page.shows('200\n{"path":"/me","sub":"user_');
    await page.screenshot('logged-in');
    api.rejects = 1;
    service.log.length = 0;
    await page.run(`document.getElementById('path').value = '/notes?page=2'`);
    await page.click('#api button');
    await page.shows('200\n{"path":"/notes?page=2","sub":"user_');
    assert.deepEqual(api.requests, ['/me', '/notes?page=2', '/notes?page=2']);
    await until('no refresh', () => service.log.includes('POST /user_management/authenticate refresh_token'));
  },

  'the page cannot select the host of an API call': async () => {
    const other = [];
    const url = await serve((request, response) => response.end(String(other.push(request.url))));
    const call = (path) => page.run(`return JSON.stringify(await window.__TAURI__.core.invoke('call_api', { path: args[0] }))`, path);
    assert.match(await call(url), /must begin with/);
    assert.match(await call(`//${new URL(url).host}/me`), /"status":200/);
    assert.match(await call(`/\\${new URL(url).host}/me`), /"status":200/);
    assert.deepEqual(other, []);
    // The Content-Security-Policy.
    assert.match(await page.run('return fetch(args[0])', url), /^rejected: /);
    assert.deepEqual(other, []);
  },

  'the page cannot get a token': async () => {
    const refused = async (script) => assert.match(String(await page.run(script)), /^rejected: .*not allowed/);
    // The link of a callback is an event, with the authorization code.
    await refused(`return window.__TAURI__.event.listen('deep-link://new-url', () => {})`);
    await refused(`return window.__TAURI__.event.emit('deep-link://new-url', ['com.example.acme:/callback'])`);
    await refused(`return window.__TAURI__.core.invoke('plugin:deep-link|get_current')`);
    await refused(`return window.__TAURI__.path.appDataDir()`);
    // Everything that the commands return.
    const received = await page.run(`
      const { Channel, invoke } = window.__TAURI__.core;
      const views = [];
      const channel = new Channel();
      const first = new Promise((resolve) => { channel.onmessage = (view) => resolve(views.push(view)); });
      await invoke('watch_login', { page: channel });
      await first;
      const { body } = await invoke('call_api', { path: '/me' });
      const databases = await indexedDB.databases();
      return JSON.stringify([views, body, { ...localStorage }, { ...sessionStorage }, document.cookie, databases]);`);
    assert.match(received, /^\[\[\{"status":\{"name":"logged-in","user":\{"name":"Alice Adams",/);
    assert.match(received, /,\{\},\{\},"",\[\]\]$/);
    assert.doesNotMatch(received + (await page.run('return document.documentElement.outerHTML')), TOKEN);
  },

  'a later process has the session, and logs out': async () => {
    await end('SIGTERM');
    await start();
    await page.shows('Alice Adams');
    assert.ok(!existsSync(join(home, 'opened')), 'the browser was opened');
    await page.click('#log-out');
    await page.shows('You are not logged in');
    assert.match(await opened(), /\/user_management\/sessions\/logout\?/);
    await end('SIGTERM');
    await start();
    await page.shows('You are not logged in');
  },

  'a denied login has a remedy': async () => {
    await page.click('#log-in');
    const state = new URL(await opened()).searchParams.get('state');
    follow(`com.example.acme:/callback?error=access_denied&state=${state}`);
    await page.shows('You are not logged in');
    await page.shows('Login was denied (access_denied); start a new login');
    await page.screenshot('denied');
  },

  'the application is killed during the login, and the process that the link starts logs in': async () => {
    await page.click('#log-in');
    const link = await callback();
    await end('SIGKILL');
    follow(link);
    await page.connect();
    await page.shows('Alice Adams');
    await page.shows('alice@example.com');
    assert.deepEqual(filesWithTokens(), []);
    await page.click('#log-out');
    await page.shows('You are not logged in');
  },
};

installBrowser();
const target = `127.0.0.1:${await freePort()}`;
const port = await freePort();
page.driver = `http://127.0.0.1:${port}`;
Object.assign(process.env, {
  API_ORIGIN: await serve(api.respond),
  TAURI_WEBVIEW_AUTOMATION: 'true',
  WEBKIT_INSPECTOR_SERVER: target,
  WORKOS_BASE_URL: await startService(),
  WORKOS_CLIENT_ID: 'client_mock',
});
const driver = spawn('WebKitWebDriver', [`--port=${port}`, `--target=${target}`, '--replace-on-new-session'], { stdio: 'inherit' });
try {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`tauri: ${name}`);
  }
} finally {
  await end('SIGKILL');
  driver.kill();
}
process.exit();
