import { createToolRegistry } from 'toolfuse';

const registry = createToolRegistry({ circuit: { failureThreshold: 3, minBackoffMs: 500 } });

let isUp = false;
const search = registry.wrap('search', async (query: string) => {
  if (!isUp) throw new Error('connect ECONNREFUSED 127.0.0.1:8080');
  return `found ${query}`;
});

registry.tool('search').subscribe(({ value }) => console.log(`        the circuit is ${value}`));

for (let call = 1; call <= 4; call++) {
  await search('statecharts').catch(({ message }) => console.log(`call ${call}: ${message}`));
}

isUp = true;
await new Promise((resolve) => setTimeout(resolve, 600));
console.log(`call 5: ${await search('statecharts')}`);
registry.stop();
