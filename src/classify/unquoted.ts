/** What a text is about, in place of which an `x` stands. */
const stand = 'x';

/** Quoted spans of one line. An apostrophe within a word, as in `can't`, opens and closes nothing. */
const quoted =
  /"(?:[^"\\\n]|\\.){0,600}"|(?<!\w)'[^'\n]{0,300}'(?!\w)|`[^`\n]{0,300}`|“[^”\n]{0,300}”|«[^»\n]{0,300}»/g;

/** What stands before the words of an error that a text quotes as data: `"message": "Overloaded"`, and Python's `(1205, 'Lock …')`. */
const keyOfMessage =
  /\b(?:error|errors|message|error_?message|msg|detail|details|description|error_description|title)["']?\s{0,3}[:=]\s{0,3}\[?\s{0,3}$|(?:^|: )\((?:\d{1,5}, )?$/i;

const url = /\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s"'<>]+/gi;

/** What has a slash and no space in it; `and/or` is none of the paths among these. */
const slashed = /(?<![^\s"'`(),;=<>])[^\s"'`(),;=<>]{0,200}[\\/][^\s"'`(),;=<>]{0,200}/g;
const isPath = (text: string): boolean =>
  /^(?:[A-Za-z]:)?[\\/.~@]/.test(text) || /[\\/].*[\\/]/.test(text) || /\.\w{1,10}[:\d]*$/.test(text);

/** `rate_limit_pk`, `timeoutMs`, `client.timeout`, `timeout.log`, `--timeout`. */
const identifier =
  /(?<![\w.-])(?:--?[a-z][\w-]{0,80}|\w{1,80}_\w{0,80}|[a-z]{1,40}[A-Z]\w{0,80}|[\w-]{1,80}(?:\.[a-z_]\w{0,80}){1,8}(?:\(\))?)(?![\w-])/g;

/** A text without what it quotes and without addresses and paths: an `x` stands for each. */
export function unquoted(text: string): string {
  return unwrapped(text)
    .replace(url, stand)
    .replace(quoted, (span: string, offset: number, whole: string) => {
      if (keyOfMessage.test(whole.slice(Math.max(0, offset - 40), offset))) return span.slice(1, -1);
      return `${span[0]}${stand}${span.at(-1)}`;
    })
    .replace(slashed, (token) => (isPath(token) ? stand : token));
}

/** A text without the names of columns, fields, files and flags. */
export function withoutIdentifiers(text: string): string {
  return text.replace(identifier, stand);
}

/** What a text says that is nothing but one quotation. */
function unwrapped(text: string): string {
  const inner = /^\s*(["'`])([^"'`]*)\1\s*$/.exec(text)?.[2];
  return inner ?? text;
}
