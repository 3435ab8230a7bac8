import { type ListKind, listKinds } from '../memory/lists.ts';
import { subscriptionKey } from '../wire/era.ts';
import { type Json, Message } from '../wire/message.ts';
import { resultAnswer } from './answers.ts';
import type { ClientRequest } from './client-request.ts';

export interface SubscriptionsOptions {
  readonly toClient: (message: Message) => void;
  /** Sends a message to the server, if it takes any now. */
  readonly toServer: (message: Message) => void;
  /** Whether the proxy itself changes the list of tools. */
  readonly changesTools: boolean;
}

/** How long to wait before a stream that broke is asked for again, in ms. Each further time doubles the wait. */
const firstDelayMs = 1_000;
const maxDelayMs = 30_000;

/** A `subscriptions/listen` request of the client that has not ended. */
interface Subscription {
  readonly request: ClientRequest;
  /** The lists whose changes the client wants to hear of, and the proxy tells by itself. */
  readonly ours: ReadonlySet<ListKind>;
  /** Those whose changes the server has agreed to tell. */
  agreed: ReadonlySet<ListKind>;
  isAcknowledged: boolean;
  /** Whether the server has no part in it (any more). */
  isOursAlone: boolean;
  delayMs: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * What a modern client listens to. Its subscriptions outlive the run of the server: the next one is asked for them again,
 * and its acknowledgement is kept from the client, which has had one.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** By the ids of their requests, as JSON text. */
  readonly #open = new Map<string, Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** The client asks the server something; perhaps to tell it of changes. */
  asked(request: ClientRequest): void {
    if (request.method !== 'subscriptions/listen' || request.era !== 'modern') return;
    const wanted = listsIn(request.message);
    const isForOurs = this.#options.changesTools && wanted.has('tools');
    this.#add(request, isForOurs ? new Set<ListKind>(['tools']) : new Set());
  }

  /** The same while the server is not there: the proxy itself tells the client of lists that it finds changed, and asks the server later. */
  hold(request: ClientRequest): void {
    const wanted = listsIn(request.message);
    this.#add(request, wanted).isAcknowledged = true;
    this.#options.toClient(acknowledgement(request, wanted));
  }

  #add(request: ClientRequest, ours: ReadonlySet<ListKind>): Subscription {
    const subscription: Subscription = {
      request,
      ours,
      agreed: new Set(),
      isAcknowledged: false,
      isOursAlone: false,
      delayMs: firstDelayMs,
      timer: undefined,
    };
    this.#open.set(request.id, subscription);
    return subscription;
  }

  /** Whether the server has acknowledged a subscription with this id, and it has not ended. */
  isOpen(id: string): boolean {
    return this.#open.get(id)?.isAcknowledged === true;
  }

  /** The server acknowledges a subscription. @returns what the client is to see; undefined for nothing. */
  acknowledged(message: Message): Message | undefined {
    const subscription = this.#open.get(message.idAt('params', '_meta', subscriptionKey) ?? '');
    if (subscription === undefined) return message;
    const isFirst = !subscription.isAcknowledged;
    subscription.isAcknowledged = true;
    subscription.delayMs = firstDelayMs;
    const agreed = listsIn(message);
    subscription.agreed = agreed;
    if (!isFirst) return undefined;
    const { ours } = subscription;
    if ([...ours].every((kind) => agreed.has(kind))) return message;
    return acknowledgement(subscription.request, ours, message.value('params', 'notifications'));
  }

  /** The server answers a request; with that, a subscription ends. @returns what the client is to see; undefined for nothing. */
  answered({ id }: ClientRequest, answer: Message): Message | undefined {
    const subscription = this.#open.get(id);
    if (subscription === undefined) return answer;
    if (subscription.ours.size === 0) {
      this.#open.delete(id);
      return answer;
    }
    // The server has nothing to tell, but the proxy has.
    subscription.isOursAlone = true;
    if (!subscription.isAcknowledged)
      this.#options.toClient(acknowledgement(subscription.request, subscription.ours));
    subscription.isAcknowledged = true;
    return undefined;
  }

  /** The client has cancelled a request, or the proxy has answered it: perhaps a subscription. */
  closed(id: string): void {
    clearTimeout(this.#open.get(id)?.timer);
    this.#open.delete(id);
  }

  /** The stream of a subscription broke. @returns whether it was open, and is asked for again. */
  resumeLater(id: string): boolean {
    const subscription = this.#open.get(id);
    if (subscription?.isAcknowledged !== true) return false;
    subscription.timer = setTimeout(
      () => this.#options.toServer(subscription.request.message),
      subscription.delayMs,
    ).unref();
    subscription.delayMs = Math.min(2 * subscription.delayMs, maxDelayMs);
    return true;
  }

  /** A new run of the server is asked for everything that is open. */
  resume(): void {
    for (const { request, isAcknowledged, isOursAlone, timer } of this.#open.values()) {
      clearTimeout(timer);
      if (isAcknowledged && !isOursAlone) this.#options.toServer(request.message);
    }
  }

  /** A list has changed, or is not what the client was told, and the server does not say so. */
  announce(kind: ListKind): void {
    const method = `notifications/${kind}/list_changed`;
    for (const { request, ours, agreed, isAcknowledged } of this.#open.values()) {
      if (isAcknowledged && (ours.has(kind) || agreed.has(kind)))
        this.#options.toClient(Message.of({ method, params: meta(request) }));
    }
  }

  /** The session ends, and with it every subscription. */
  close(): void {
    for (const { request, timer, isAcknowledged } of this.#open.values()) {
      clearTimeout(timer);
      if (isAcknowledged) this.#options.toClient(resultAnswer(request, meta(request)));
    }
    this.#open.clear();
  }
}

/** Names the subscription that a message belongs to. */
const meta = ({ id }: ClientRequest): { readonly _meta: { readonly [key: string]: Json } } => ({
  _meta: { [subscriptionKey]: JSON.parse(id) as Json },
});

/** The lists whose changes a message asks to hear of, or agrees to tell. */
const listsIn = (message: Message): ReadonlySet<ListKind> =>
  new Set(
    listKinds.filter((kind) => message.value('params', 'notifications', `${kind}ListChanged`) === true),
  );

/** Acknowledges a subscription to the changes that the proxy tells, and to those that the server has agreed to tell. */
const acknowledgement = (request: ClientRequest, ours: ReadonlySet<ListKind>, agreed: Json = {}): Message => {
  const own = Object.fromEntries([...ours].map((kind) => [`${kind}ListChanged`, true]));
  return Message.of({
    method: 'notifications/subscriptions/acknowledged',
    params: { ...meta(request), notifications: { ...(agreed as object), ...own } },
  });
};
