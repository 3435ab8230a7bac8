import { guardTool } from 'toolfuse/openai-agents';
import { load, outputsIn } from '../../test/src/openai-agents/fixtures/sdk.ts';
import { compare } from './compare.ts';

const sdk = await load((name) => import(name));

export const isGood = await compare(
  'OpenAI Agents',
  async ({ tools: { search, notes }, model }, registry) => {
    const toolOf = (name: string, description: string, execute: () => Promise<string>): object => {
      const options = { name, description, parameters: sdk.z.object({}), execute };
      return sdk.tool(registry === undefined ? options : guardTool(options, { registry }));
    };
    const agent = new sdk.Agent({
      name: 'researcher',
      model: sdk.model((request) =>
        model.next(JSON.stringify(request.input), outputsIn({ requests: [request] }).at(-1)),
      ),
      tools: [toolOf('search', 'Searches the web.', search), toolOf('notes', 'Reads your notes.', notes)],
    });
    const { finalOutput } = await sdk.run(agent, 'When, by whom and where were statecharts invented?', {
      maxTurns: 50,
    });
    return String(finalOutput);
  },
);
