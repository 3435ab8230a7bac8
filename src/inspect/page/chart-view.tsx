import { Controls } from './controls.tsx';
import { Facts } from './facts.tsx';
import { go, route } from './route.ts';
import { chosen, stateAfter } from './sequence-list.ts';
import { actorList, actors } from './store.ts';
import type { ActorNews } from '../protocol.ts';

/** The actor that is looked at: the chosen one, or else the first. */
function actorInView(): ActorNews | undefined {
  const { actor } = route.value;
  return (actor === null ? undefined : actors.get(actor)) ?? actorList.value[0];
}

function Picker({ actor }: { actor: ActorNews | undefined }) {
  const ofKind = (isTool: boolean) =>
    actorList.value
      .filter(({ kind }) => (kind === 'registry') !== isTool)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ id, name, state }) => (
        <option key={id} value={id}>
          {name} ({state})
        </option>
      ));
  return (
    <select
      class="picker"
      aria-label="Whose statechart"
      value={actor?.id ?? ''}
      onChange={({ currentTarget }) => go({ actor: currentTarget.value })}
    >
      <optgroup label="Registry">{ofKind(false)}</optgroup>
      <optgroup label="Tools">{ofKind(true)}</optgroup>
    </select>
  );
}

/** The statechart of one actor, with what is known of it beside it. */
export function ChartView() {
  const actor = actorInView();
  const then = actor && chosen.value !== null ? stateAfter(actor.id, chosen.value) : undefined;
  return (
    <main class="chart-view">
      <h1 class="unseen">Statechart</h1>
      <div class="bar">
        <Picker actor={actor} />
        {then !== undefined && (
          <span class="then">
            as it was at event #{chosen.value}: {then}{' '}
            <button type="button" class="link" onClick={() => (chosen.value = null)}>
              Back to now
            </button>
          </span>
        )}
      </div>
      {actor && (
        <div class="split">
          <div class="canvas" />
          <aside class="details" aria-label={actor.name}>
            <h2>{actor.name}</h2>
            <Facts actor={actor} />
            <Controls key={actor.id} actor={actor} />
          </aside>
        </div>
      )}
    </main>
  );
}
