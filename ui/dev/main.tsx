// A look at the UI in a browser, over an invented bank. `?events=0` shows the first run, `?live` lets events arrive,
// `?broken` makes an event of the first account that cannot be folded.
import { mount } from '../src/app/mount';
import { FakePlatform } from '../src/test/fake/fakePlatform';

const query = new URLSearchParams(window.location.search);
const fake = new FakePlatform({
  events: Number(query.get('events') ?? '4000'),
  readOnly: query.has('readonly'),
  latency: Number(query.get('latency') ?? '5'),
});
if (query.has('broken')) {
  const event = fake.bank.log.byStream.get('account-100234')?.[5];
  if (event !== undefined) event.broken = 'missing field `amount`';
}
if (query.has('live')) {
  window.setInterval(() => {
    const ids = [...fake.bank.accounts.keys()];
    const id = ids[Math.floor(Math.random() * ids.length)];
    if (id !== undefined) fake.bank.cash(id, 12_345n, Date.now());
    fake.announce();
  }, 700);
}
mount(fake.platform());
