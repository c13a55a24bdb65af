// Runs logins of the command-line program in a real browser: `node login.js PROGRAM [SCREENSHOT DIRECTORY]`.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { Program } from './program.js';

const [file, given] = process.argv.slice(2);
const screenshots = given ?? mkdtempSync(join(tmpdir(), 'workos-login-browser-'));
mkdirSync(screenshots, { recursive: true });

const checks = {
  'a login greets the user': async (page) => {
    const program = await Program.start(file, ['login', '--demo']);
    try {
      await page.goto(await program.openedUrl());
      await page.getByLabel('carol@example.com').check();
      await screenshot(page, 'sign-in');
      await page.getByRole('button', { name: 'Log in' }).click();
      await expectPage(page, program, 'Logged in', "You're logged in as carol@example.com.");
      await screenshot(page, 'logged-in');
      assert.equal(await program.exited(), 0, program.output);
      assert.match(program.output, /^Hello Carol /m);
    } finally {
      program.end();
    }
  },

  'a denied login has its own exit code': async (page) => {
    const program = await Program.start(file, ['login', '--demo', '--no-browser']);
    try {
      await page.goto(await program.printed(/http:\S+\/user_management\/authorize\?\S+(?=\s)/));
      await page.getByRole('button', { name: 'Deny' }).click();
      await expectPage(page, program, 'Login denied', 'You are not logged in');
      await screenshot(page, 'denied');
      assert.equal(await program.exited(), 3, program.output);
      assert.doesNotMatch(program.output, /^Hello /m);
    } finally {
      program.end();
    }
  },

  'requests that are not the callback do not end the login': async (page) => {
    const program = await Program.start(file, ['login', '--demo']);
    try {
      const url = await program.openedUrl();
      const callback = new URL(new URL(url).searchParams.get('redirect_uri'));
      const other = await page.context().newPage();
      for (const path of ['/', '/favicon.ico', callback.pathname]) {
        const response = await other.goto(new URL(path, callback).href);
        assert.ok([400, 404].includes(response.status()), `${path}: ${response.status()}`);
      }
      callback.search = new URLSearchParams({ code: 'mismatched', state: 'mismatched' });
      await other.goto(callback.href);
      assert.equal(await other.getByRole('heading').innerText(), 'Login does not match');
      await screenshot(other, 'mismatch');
      await page.goto(url);
      await page.getByRole('button', { name: 'Log in' }).click();
      await expectPage(page, program, 'Logged in', "You're logged in as alice@example.com.");
      assert.equal(await program.exited(), 0, program.output);
      assert.match(program.output, /^Hello Alice /m);
    } finally {
      program.end();
    }
  },
};

/** Checks that the browser shows this page of the program, and that the page contains no parameter of the callback. */
async function expectPage(page, program, title, text) {
  await page.waitForURL((url) => url.pathname === '/callback');
  assert.equal(await page.getByRole('heading').innerText(), title);
  assert.ok((await page.innerText('body')).includes(text), await page.innerText('body'));
  const { searchParams } = new URL(page.url());
  const html = await page.content();
  for (const [name, value] of searchParams) {
    assert.ok(!html.includes(value), `the page shows the ${name}`);
  }
  const code = searchParams.get('code');
  assert.ok(!code || !program.output.includes(code), 'the program shows the code');
}

/** Takes screenshots in light, in dark and at a width of 320 px, where nothing may overflow. */
async function screenshot(page, name) {
  const take = (kind) => page.screenshot({ path: join(screenshots, `${name}-${kind}.png`) });
  await take('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await take('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 480 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 320, `the page ${name} is ${width} px wide`);
  await take('320px');
  await page.setViewportSize(size);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run',
  ],
});
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  try {
    const page = await context.newPage();
    const errors = [];
    // A violated policy, a missing resource and a failed script are errors in the console.
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await check(page);
    assert.deepEqual(errors, []);
    console.log(`browser: ${name} ... ok`);
  } catch (error) {
    failed += 1;
    console.log(`browser: ${name} ... FAILED: ${error.message}`);
  } finally {
    await context.close();
  }
}
await browser.close();
console.log(`screenshots: ${screenshots}`);
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
