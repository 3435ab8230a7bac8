import { computed } from '@preact/signals';
import type { FactsNews } from '../protocol.ts';
import type { Actor } from './feed.ts';
import { actorList, facts, factsTick } from './store.ts';

const keyOf = (parent: string | null, name: string): string => JSON.stringify([parent, name]);

const circuits = computed(
  () =>
    new Map(
      actorList.value
        .filter(({ kind }) => kind === 'circuit')
        .map((actor) => [keyOf(actor.parent, actor.name), actor]),
    ),
);

/** What is known of a tool beyond its events. */
export function factsOf({ id }: Actor): FactsNews | undefined {
  factsTick.value;
  return facts.get(id);
}

/** The circuit that the last call of a tool depended on. */
export function upstreamOf(actor: Actor): Actor | undefined {
  const upstream = factsOf(actor)?.upstream ?? null;
  return upstream === null || upstream === actor.name
    ? undefined
    : circuits.value.get(keyOf(actor.parent, upstream));
}

/** The circuit of all calls of the tool of a circuit that has a key. */
export const toolOf = ({ parent, tool }: Actor): Actor | undefined =>
  tool === null || tool.key === null ? undefined : circuits.value.get(keyOf(parent, tool.tool));

/** The circuit that a tool depends on, if that refuses its calls now. */
export function refusingUpstream(actor: Actor): Actor | undefined {
  const upstream = upstreamOf(actor);
  return upstream?.state === 'open' || upstream?.state === 'isolated' ? upstream : undefined;
}
