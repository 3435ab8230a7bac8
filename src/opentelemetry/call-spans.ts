import type * as Api from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import {
  type CallEnd,
  type CallStep,
  type Denial,
  errorCategories,
  type PassingCall,
  type ToolRegistry,
} from 'toolfuse';
import { errorText } from '../classify/error-text.ts';
import { errorTypeOf } from './error-type.ts';
import { traces } from './outer-span.ts';

export interface CallSpansOptions {
  readonly api: typeof Api;
  readonly tracer: Tracer;
  readonly registry: ToolRegistry;
  readonly errorMessages: boolean;
}

/** The span that traces a call. */
interface Traced {
  readonly span: Span;
  /** What the call's function runs in; undefined for a span of somebody else, which is active already. */
  readonly context: Context | undefined;
}

/** Traces each call as a span, or in the span that traces it already. */
export function callSpans({ api, tracer, registry, errorMessages }: CallSpansOptions): CallStep {
  const { context, trace, SpanKind, SpanStatusCode } = api;
  const traced = new WeakMap<PassingCall, Traced>();
  const ours = new WeakSet<Span>();

  function begin(call: PassingCall): Traced {
    const active = trace.getActiveSpan();
    // A tool that calls itself is in a span of ours, which traces the outer call.
    if (active !== undefined && !ours.has(active) && traces(active, call.tool)) {
      return { span: active, context: undefined };
    }
    const span = tracer.startSpan(`execute_tool ${call.tool}`, {
      kind: SpanKind.INTERNAL,
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': call.tool },
    });
    ours.add(span);
    return { span, context: trace.setSpan(context.active(), span) };
  }

  function end({ span, context: own }: Traced, failure?: { type: string; words: string }): void {
    // The status of a span of somebody else is theirs to say.
    if (own === undefined) return;
    if (failure !== undefined) {
      span.setAttribute('error.type', failure.type);
      span.setStatus({ code: SpanStatusCode.ERROR, message: failure.words });
    }
    span.end();
  }

  return {
    admitted(call, { probe }) {
      const begun = begin(call);
      traced.set(call, begun);
      begun.span.setAttributes({
        'toolfuse.circuit.name': call.tool,
        'toolfuse.circuit.state': registry.state(call.tool),
        ...(call.upstream !== null && { 'toolfuse.circuit.upstream': call.upstream }),
        ...(probe && { 'toolfuse.circuit.probe': true }),
      });
    },
    running(call, run) {
      const own = traced.get(call)?.context;
      if (own === undefined) run();
      else context.with(own, run);
    },
    refused(call, denial) {
      const begun = begin(call);
      begun.span.setAttributes(refusalAttributes(denial, registry));
      end(begun, {
        type: 'circuit_open',
        words: `refused: ${denial.upstream ?? denial.tool} is ${wordOf(denial)}`,
      });
    },
    ended(call, how) {
      const begun = traced.get(call);
      if (begun === undefined) return;
      traced.delete(call);
      const { category, failure, late } = how;
      begun.span.setAttributes({
        ...outcomeAttributes(how),
        ...(late && { 'toolfuse.circuit.late': true }),
      });
      if (category === null) end(begun);
      else {
        const words = (errorMessages ? errorText(failure) : null) ?? errorCategories[category].label;
        end(begun, { type: errorTypeOf(failure, category), words });
      }
    },
  };
}

function outcomeAttributes({ outcome, category }: CallEnd): Record<string, string> {
  if (outcome === 'abandoned') return {};
  return category === null
    ? { 'toolfuse.circuit.outcome': 'success' }
    : { 'toolfuse.circuit.outcome': 'failure', 'toolfuse.error.category': category };
}

function refusalAttributes(denial: Denial, registry: ToolRegistry): Record<string, string | number> {
  const circuit = denial.upstream ?? denial.tool;
  const { lastErrorCategory, retryAfterMs } = denial;
  return {
    'toolfuse.circuit.name': circuit,
    'toolfuse.circuit.state': registry.state(circuit),
    'toolfuse.circuit.outcome': 'rejected',
    'toolfuse.denial.reason': denial.reason,
    'toolfuse.denial.kind': denial.kind,
    ...(lastErrorCategory !== null && { 'toolfuse.error.category': lastErrorCategory }),
    ...(retryAfterMs !== null && { 'toolfuse.retry_after_ms': retryAfterMs }),
  };
}

const wordOf = ({ reason, kind }: Denial): string => (reason === 'upstream' ? kind : reason);
