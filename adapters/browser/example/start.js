import init from './workos_login_browser_example.js';

await init({ module_or_path: '/workos_login_browser_example_bg.wasm' });
