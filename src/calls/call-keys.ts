import { show } from '../../machines/rule.ts';
import { askForKey } from '../options/strangers.ts';
import type { SettingsOfTools } from './tool-settings.ts';

/** What a call is about: what decides which of a tool's circuits it needs. */
export interface CallTarget {
  /** What the tool is called with. The `key` of the tool's settings is given it. */
  readonly input?: unknown;
  /**
   * The target or tenant whose circuit the call needs; null for the circuit of all calls of the tool. Default: what the `key` of
   * the tool's settings says of `input`.
   */
  readonly key?: string | number | null | undefined;
}

/** @throws TypeError for a value that is neither text nor a number. */
export function checkKey(key: unknown): void {
  if (key === undefined || key === null || typeof key === 'string' || typeof key === 'number') return;
  throw new TypeError(`key must be a string, a number or null, got ${show(key)}`);
}

/** How much of a key names a circuit, in characters. */
const maxLength = 200;

/** What must not reach a terminal or a prompt. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A key as it names a circuit; null for none. A long one is cut: it may come from a model. */
export function keyText(key: string | number | null | undefined): string | null {
  if (key === undefined || key === null || key === '') return null;
  const text = String(key).replace(unprintable, '·');
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** Chooses the key of each call. */
export class CallKeys {
  readonly #settings: SettingsOfTools;

  constructor(settings: SettingsOfTools) {
    this.#settings = settings;
  }

  /** Whether the settings of any tool ask for keys. */
  get areAsked(): boolean {
    return this.#settings.haveKeys;
  }

  /** The key of a call: its own, or what the tool's settings say of its input. Null for none. */
  of(tool: string, { key, input }: CallTarget): string | null {
    if (key !== undefined) return keyText(key);
    if (input === undefined || !this.#settings.haveKeys) return null;
    const choose = this.#settings.get(tool)?.key;
    return choose === undefined ? null : keyText(askForKey(choose, input));
  }
}
