import type { Span } from '@opentelemetry/api';

type Attributes = Readonly<Record<string, unknown>>;

/** How frameworks mark the span of a call of a tool, and where they name the tool. */
const marks: readonly { readonly key: string; readonly value?: string; readonly name: string }[] = [
  { key: 'gen_ai.operation.name', value: 'execute_tool', name: 'gen_ai.tool.name' },
  { key: 'mcp.method.name', value: 'tools/call', name: 'gen_ai.tool.name' },
  { key: 'ai.toolCall.name', name: 'ai.toolCall.name' },
  { key: 'openinference.span.kind', value: 'TOOL', name: 'tool.name' },
  { key: 'traceloop.span.kind', value: 'tool', name: 'traceloop.entity.name' },
];

/** The attributes of a span that records. The API can only write them; those that the SDK makes have them to read. */
function attributesOf(span: Span): Attributes | undefined {
  const { attributes } = span as unknown as { readonly attributes?: unknown };
  return typeof attributes === 'object' && attributes !== null ? (attributes as Attributes) : undefined;
}

/** Whether two names are those of one tool: a circuit's name may have its server before the tool's own. */
const isSameTool = (circuit: string, named: unknown): boolean =>
  typeof named !== 'string' ||
  circuit === named ||
  (circuit.endsWith(named) && /\W|_/.test(circuit.at(-named.length - 1) ?? ''));

/** Whether a span traces the call of a tool already. */
export function traces(span: Span, tool: string): boolean {
  const attributes = attributesOf(span);
  if (attributes === undefined || !span.isRecording()) return false;
  const mark = marks.find(({ key, value }) =>
    value === undefined ? attributes[key] !== undefined : attributes[key] === value,
  );
  return mark !== undefined && isSameTool(tool, attributes[mark.name]);
}
