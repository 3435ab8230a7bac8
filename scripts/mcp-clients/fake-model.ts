/** A model that does as it is told. */
import type { Asked, Turn } from '../../test/support/model-apis.ts';
import { startModelServer } from '../../test/support/model-server.ts';

/** A call that the model asks for, by the end of the tool's name: clients put the name of the server before it. */
export interface AskedCall {
  readonly tool: string;
  readonly arguments: object;
}

/** Calls by which the model gives its client time: some begin before their servers have. The first that is offered is made. */
const waits: readonly AskedCall[] = [
  { tool: 'WaitForMcpServers', arguments: {} },
  { tool: 'exec_command', arguments: { cmd: 'sleep 1' } },
  { tool: 'Bash', arguments: { command: 'sleep 1' } },
];

/** How often it waits for a tool. */
const maxWaits = 10;

/** What became of one conversation. */
export interface Conversation {
  /** The tools that were offered last. */
  readonly offered: readonly string[];
  /** What the model has read of its calls, in order. */
  readonly results: readonly string[];
  /** The calls that it wanted to ask for and whose tools were not offered. */
  readonly missed: readonly string[];
}

export interface FakeModel {
  readonly url: string;
  /** Begins a conversation in which the model asks for the calls one after the other, and then says "done". */
  readonly begin: (calls: readonly AskedCall[]) => void;
  readonly conversation: () => Conversation;
  readonly close: () => void;
}

export async function startFakeModel(): Promise<FakeModel> {
  let calls: readonly AskedCall[] = [];
  let offered: readonly string[] = [];
  let results: readonly string[] = [];
  let missed: string[] = [];
  /** Which of the results are those of a wait. */
  let waited = new Set<number>();
  let ids = 0;

  /** What the model does now. Requests without tools are side jobs of the client, such as a title for the conversation. */
  function turnFor(asked: Asked): Turn {
    if (asked.offered.length === 0) return 'ok';
    offered = asked.offered;
    results = asked.results.filter((_, index) => !waited.has(index));
    const call = calls[results.length];
    if (call === undefined) return 'done';
    const turn = turnOf(call);
    if (turn !== undefined) return turn;
    const wait = waited.size < maxWaits ? waits.map(turnOf).find((each) => each !== undefined) : undefined;
    if (wait === undefined) {
      missed.push(call.tool);
      return 'done';
    }
    waited.add(asked.results.length);
    return wait;
  }

  function turnOf({ tool, arguments: given }: AskedCall): Turn | undefined {
    const name = offered.find((each) => each.endsWith(tool));
    return name === undefined ? undefined : { id: `call_${++ids}`, name, arguments: given };
  }

  const server = await startModelServer(turnFor);
  return {
    url: server.url,
    begin: (next) => {
      [calls, offered, results, missed] = [next, [], [], []];
      waited = new Set();
    },
    conversation: () => ({ offered, results, missed }),
    close: server.close,
  };
}
