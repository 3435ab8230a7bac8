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
  /** Whether the client wants to hear of changes to the list of tools that the proxy makes. */
  readonly isForOurs: boolean;
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
    const wantsTools = request.message.value('params', 'notifications', 'toolsListChanged') === true;
    this.#open.set(request.id, {
      request,
      isForOurs: this.#options.changesTools && wantsTools,
      isAcknowledged: false,
      isOursAlone: false,
      delayMs: firstDelayMs,
      timer: undefined,
    });
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
    if (!isFirst) return undefined;
    if (!subscription.isForOurs || message.value('params', 'notifications', 'toolsListChanged') === true)
      return message;
    return acknowledgement(subscription.request, message.value('params', 'notifications'));
  }

  /** The server answers a request; with that, a subscription ends. @returns what the client is to see; undefined for nothing. */
  answered({ id }: ClientRequest, answer: Message): Message | undefined {
    const subscription = this.#open.get(id);
    if (subscription === undefined) return answer;
    if (!subscription.isForOurs) {
      this.#open.delete(id);
      return answer;
    }
    // The server has nothing to tell, but the proxy has.
    subscription.isOursAlone = true;
    if (!subscription.isAcknowledged) this.#options.toClient(acknowledgement(subscription.request));
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

  /** The proxy has changed the list of tools. */
  announceTools(): void {
    for (const { request, isForOurs, isAcknowledged } of this.#open.values()) {
      if (isForOurs && isAcknowledged)
        this.#options.toClient(
          Message.of({ method: 'notifications/tools/list_changed', params: meta(request) }),
        );
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

/** Acknowledges a subscription to the changes that the proxy makes, and to those that the server has agreed to tell. */
const acknowledgement = (request: ClientRequest, agreed: Json = {}): Message =>
  Message.of({
    method: 'notifications/subscriptions/acknowledged',
    params: { ...meta(request), notifications: { ...(agreed as object), toolsListChanged: true } },
  });
