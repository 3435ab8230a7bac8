import { computed } from '@preact/signals';
import type { ActorNews } from '../protocol.ts';
import { actorList } from './store.ts';

const keyOf = (parent: string | null, name: string): string => JSON.stringify([parent, name]);

const circuits = computed(
  () =>
    new Map(
      actorList.value
        .filter(({ kind }) => kind === 'circuit')
        .map((actor) => [keyOf(actor.parent, actor.name), actor]),
    ),
);

/** The circuit that the last call of a tool depended on. */
export const upstreamOf = ({ parent, tool }: ActorNews): ActorNews | undefined =>
  tool?.upstream == null ? undefined : circuits.value.get(keyOf(parent, tool.upstream));

/** The circuit that a tool depends on, if that refuses its calls now. */
export function refusingUpstream(actor: ActorNews): ActorNews | undefined {
  const upstream = upstreamOf(actor);
  return upstream?.state === 'open' || upstream?.state === 'isolated' ? upstream : undefined;
}
