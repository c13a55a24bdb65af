const { Channel, invoke } = window.__TAURI__.core;
const element = (id) => document.getElementById(id);

function show({ status, notice }) {
  for (const section of document.querySelectorAll('section')) section.hidden = section.dataset.status !== status.name;
  element('notice').hidden = !notice;
  element('notice').textContent = notice ?? '';
  for (const name of ['name', 'email', 'organization']) element(name).textContent = status.user?.[name] ?? '–';
  if (!status.user) respond('');
}

function respond(text) {
  element('response').hidden = !text;
  element('response').textContent = text;
}

element('log-in').onclick = () => invoke('log_in');
element('log-in-again').onclick = () => invoke('log_in');
element('log-out').onclick = () => invoke('log_out');
element('api').onsubmit = async (event) => {
  event.preventDefault();
  try {
    const { status, body } = await invoke('call_api', { path: element('path').value });
    respond(`${status}\n${body}`);
  } catch (error) {
    respond(String(error));
  }
};

const page = new Channel();
page.onmessage = show;
invoke('watch_login', { page });
