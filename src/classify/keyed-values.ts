/** `"code": "rate_limit_exceeded"`, in JSON whole or cut, in a dictionary of Python, and with its quotes escaped. */
const keyedValue =
  /\\?["'](code|type|reason|status|error|Code|__type|errorCode|error_code)\\?["']\s{0,3}:\s{0,3}\\?["']([\w.#/-]{1,128})\\?["']/g;

/** How AWS's client for Python names an error: `An error occurred (ThrottlingException) when calling the Converse operation`. */
const errorOfAws = /\bAn error occurred \(([\w.]{1,128})\) when calling\b/;

/** A lower-case word alone, such as `timeout`, may be data as well: `{"type":"timeout","value":3}`. */
const isNoPlainWord = (value: string): boolean => !/^[a-z]+$/.test(value);

/** The values that a text gives to the keys under which services say what failed. */
export function* keyedValues(text: string): Generator<string> {
  const ofAws = errorOfAws.exec(text)?.[1];
  if (ofAws !== undefined) yield ofAws;
  for (const [, , value] of text.matchAll(keyedValue)) {
    if (value !== undefined && isNoPlainWord(value)) yield value;
  }
}
