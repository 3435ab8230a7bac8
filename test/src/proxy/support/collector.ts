import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

/** A span as OTLP writes it in JSON. */
interface WrittenSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly Attribute[];
}

interface WrittenPoint {
  readonly attributes: readonly Attribute[];
  readonly asInt?: number | string;
  readonly asDouble?: number;
  readonly count?: number | string;
}

interface WrittenMetric {
  readonly name: string;
  readonly unit: string;
  readonly gauge?: { readonly dataPoints: readonly WrittenPoint[] };
  readonly sum?: { readonly dataPoints: readonly WrittenPoint[]; readonly isMonotonic: boolean };
  readonly histogram?: { readonly dataPoints: readonly WrittenPoint[] };
}

interface Request {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly scope: { name: string };
      readonly spans: readonly WrittenSpan[];
    }[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly WrittenMetric[] }[];
  }[];
}

const textsOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]));

/** A collector of OpenTelemetry that keeps what it is sent, as OTLP over HTTP in JSON. */
export class Collector {
  /** The paths that were posted to, each once. */
  readonly paths = new Set<string>();
  readonly #requests: Request[] = [];
  readonly #server = createServer(async (request, response) => {
    this.paths.add(request.url ?? '');
    this.#requests.push(JSON.parse((await buffer(request)).toString()) as Request);
    response.setHeader('content-type', 'application/json').end('{}');
  });

  /** @returns its address. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** The names of the services that sent anything. */
  services(): string[] {
    const resources = this.#requests.flatMap(({ resourceSpans = [], resourceMetrics = [] }) => [
      ...resourceSpans,
      ...resourceMetrics,
    ]);
    return [...new Set(resources.map(({ resource }) => textsOf(resource.attributes)['service.name'] ?? ''))];
  }

  spans() {
    return this.#requests
      .flatMap(({ resourceSpans = [] }) => resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ scope, spans }) =>
        spans.map((span) => ({ ...span, scope: scope.name, attributes: textsOf(span.attributes) })),
      );
  }

  /** The last points of a metric: the attributes of each but the name of its registry, and its value or number of values. */
  points(name: string): { attributes: Record<string, string>; value: number; unit: string }[] {
    const metric = this.#requests
      .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .findLast((each) => each.name === name);
    const { dataPoints = [] } = metric?.gauge ?? metric?.sum ?? metric?.histogram ?? {};
    return dataPoints.map(({ attributes, asInt, asDouble, count }) => ({
      attributes: textsOf(attributes),
      value: Number(asInt ?? asDouble ?? count),
      unit: metric?.unit ?? '',
    }));
  }
}
