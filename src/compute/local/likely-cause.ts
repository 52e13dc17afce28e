/** What an ended process left to judge by. */
export interface Traces {
  readonly exitCode: number | undefined
  /** The last lines of its log. */
  readonly tail: string
}

/** Signs by which a failure is known, the surest first; `$1` is what the sign names. */
const signs: readonly { readonly in?: RegExp; readonly exitCode?: number; readonly cause: string }[] = [
  {
    in: /(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)/,
    cause: "the Python module '$1' is not in the environment; add its package to the environment's conda file",
  },
  {
    in: /ImportError: cannot import name '([^']+)'/,
    cause: "a package of the environment has no '$1'; its version is not the one that the code was written for",
  },
  {
    in: /can't open file '([^']+)'/,
    cause: "the file '$1' is not in the job's code folder; the command starts in that folder",
  },
  { in: /No space left on device/, cause: 'the disk is full' },
  { in: /MemoryError|[Cc]annot allocate memory|std::bad_alloc/, cause: 'the job needed more memory than its node has' },
  {
    in: /(?:line \d+|bash): ([^\s:]+): command not found/,
    cause: "the command '$1' is neither in the environment nor on this machine",
  },
  { in: /([^\s:]+): command not found/, cause: "the command '$1' is neither in the environment nor on this machine" },
  {
    in: /(?:line \d+|bash): ([^\s:]+): Permission denied/,
    exitCode: 126,
    cause: "'$1' may not be executed; start it with its interpreter, or give it its execute bit before it is uploaded",
  },
  { in: /SyntaxError: (.+)/, cause: 'the code is not valid for the Python of the environment: $1' },
  {
    in: /error: unrecognized arguments: (.+)/,
    cause: "the program does not know the arguments '$1' of the command",
  },
  { in: /FileNotFoundError: .*'([^']+)'/, cause: "the code reads '$1', which does not exist" },
  {
    in: /(?:ConnectionError|ConnectionRefusedError|Name or service not known|Temporary failure in name resolution)/,
    cause: 'the job could not reach a server on the network',
  },
  { exitCode: 137, cause: 'it was killed from outside (SIGKILL), as a machine does that runs out of memory' },
  { exitCode: 139, cause: 'a native library read memory that is not its own (SIGSEGV)' },
  { exitCode: 134, cause: 'a native library gave up (SIGABRT)' },
  { exitCode: 127, cause: 'a command of the job is neither in the environment nor on this machine' },
  { exitCode: 126, cause: 'a command of the job may not be executed' },
]

/** The likely cause of a failure in words for the job's owner; undefined where nothing tells it. */
export function likelyCause({ exitCode, tail }: Traces): string | undefined {
  for (const sign of signs) {
    if (sign.exitCode !== undefined && sign.exitCode !== exitCode) continue
    const found = sign.in ? tail.match(sign.in) : []
    if (found) return sign.cause.replace('$1', () => found[1] ?? '')
  }
  return undefined
}
